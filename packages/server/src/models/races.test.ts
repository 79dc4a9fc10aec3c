import { type Ruleset, seededRandom } from "@attune/core";
import { memoryStore } from "@attune/core/memory";
import { createPersonalizationService, type PersonalizationService } from "@attune/core/service";
import { type ModelVersion, NO_EVIDENCE } from "@attune/ml/registry";
import { describe, expect, it } from "vitest";
import { tryBadVersion, untilTakenBack } from "../simulate/bad-version.js";
import { createModels, type ModelsOptions } from "./models.js";

const RULESET: Ruleset = { schemaVersion: 1, revision: 1, slots: {} };
const NAME = "buys-soon";

/** Models on a service of their own, with nobody who visits. */
function start(over: Partial<ModelsOptions> = {}) {
  const store = memoryStore();
  const service = createPersonalizationService({ stores: { hot: store }, ruleset: RULESET });
  let now = Date.now();
  const reports: unknown[] = [];
  const seen: { service: PersonalizationService } = { service };
  const open = () =>
    createModels(
      {
        ...{ stores: { hot: store }, clock: { now: () => now }, sites: ["default"], writer: "w" },
        load: () => Promise.reject(new Error("not asked")),
        report: (error) => reports.push(error),
        ...over,
      },
      () => seen.service,
    );
  const models = open();
  const add = (seed: number): Promise<ModelVersion> =>
    models.registry("default").add({
      ...{ name: NAME, bytes: new Uint8Array([seed]), inputs: ["sessions"], featuresVersion: "f" },
      ...{ outputs: ["buys"], purposes: ["personalization"] },
    });
  const noted = async () =>
    (await service.audit.list())
      .filter(({ type }) => type.startsWith("model-"))
      .map(({ type, actor, detail }) => `${String(detail["revision"])} ${type} ${actor}`);
  const refuses = (method: "append" | "loadRuleset", times: number) => {
    let left = times;
    const fails =
      (work: unknown) =>
      (...given: unknown[]) =>
        left-- > 0
          ? Promise.reject(new Error(`no ${method}`))
          : (work as (...all: unknown[]) => unknown)(...given);
    seen.service =
      method === "append"
        ? { ...service, audit: { ...service.audit, append: fails(service.audit.append) as never } }
        : { ...service, loadRuleset: fails(service.loadRuleset) as never };
  };
  return { store, models, open, add, noted, refuses, reports, service, later: (ms: number) => (now += ms) };
}

describe("what happens to a model while something else does", () => {
  it("a trial that has proved itself is not promoted over the rollback that a person makes meanwhile", async () => {
    let meanwhile = (): void => undefined;
    const at = start({
      rules: { holdMs: 1, holdPredictions: 0 },
      promotes: () => {
        meanwhile();
        return true;
      },
    });
    const [a, b] = [await at.add(1), await at.add(2)];
    await at.models.act("default", NAME, { type: "promote", version: a.version }, "person");
    await at.models.act("default", NAME, { type: "canary", version: b.version, share: 0.5 }, "person");
    at.later(60_000);
    for (const { version } of [a, b])
      await at.store.put("default/models", `e/${NAME}/000001/${version}/other`, {
        ...NO_EVIDENCE,
        predictions: 2000,
      });
    let rolledBack: Promise<unknown> = Promise.resolve();
    let asked = 0;
    meanwhile = () => {
      asked += 1;
      rolledBack = at.models.act("default", NAME, { type: "rollback" }, "person");
    };
    await at.models.review();
    await rolledBack;
    expect(asked).toBe(1);
    const record = await at.models.registry("default").get(NAME);
    expect(record).toMatchObject({ champion: a.version, canary: null, refused: [b.version] });
    expect(record?.events[0]).toMatchObject({ type: "rollback", actor: "person" });
    await at.models.close();
  });

  it("a change that could not be published is noted all the same", async () => {
    const at = start();
    const { version } = await at.add(1);
    at.refuses("loadRuleset", 1);
    await expect(at.models.act("default", NAME, { type: "promote", version }, "person")).rejects.toThrow();
    expect(await at.noted()).toEqual(["1 model-promote person"]);
    await at.models.review();
    expect((await at.service.ruleset())?.ruleset.models?.[NAME]).toMatchObject({ version });
    expect(await at.noted()).toEqual(["1 model-promote person"]);
    await at.models.close();
  });

  it("a change that could not be noted is noted by the next look, once, by whatever process", async () => {
    const at = start();
    const [a, b] = [await at.add(1), await at.add(2)];
    await at.models.act("default", NAME, { type: "promote", version: a.version }, "person");
    at.refuses("append", 1);
    await at.models.act("default", NAME, { type: "promote", version: b.version }, "person");
    expect(at.reports).toHaveLength(1);
    // Somebody whose process ends right after the registry.
    await at.models.registry("default").act(NAME, { type: "rollback", reason: "no" }, "another");
    expect(await at.noted()).toEqual(["1 model-promote person"]);
    const other = at.open();
    await Promise.all([at.models.review(), other.review()]);
    const all = ["1 model-promote person", "2 model-promote person", "3 model-rollback another"];
    expect(await at.noted()).toEqual(all);
    await at.open().review();
    expect(await at.noted()).toEqual(all);
    await Promise.all([at.models.close(), other.close()]);
  });

  it("a version put up to be seen taken back stays with nobody when the wait is over or ended", async () => {
    const at = start();
    const { version } = await at.add(1);
    await at.models.act("default", NAME, { type: "promote", version }, "person");
    const ended = new AbortController();
    ended.abort();
    for (const how of [{ waitMs: 1 }, { waitMs: 60_000, signal: ended.signal }]) {
      const bad = await tryBadVersion(at.models, {
        name: NAME,
        actor: "me",
        random: seededRandom(how.waitMs),
      });
      const putUp = { name: NAME, version: bad.version, actor: "me" };
      expect(await untilTakenBack(at.models, putUp, how)).toBeNull();
      expect(await at.models.registry("default").get(NAME)).toMatchObject({
        champion: version,
        canary: null,
      });
      expect((await at.service.ruleset())?.ruleset.models?.[NAME]).not.toHaveProperty("canary");
    }
    // It was put up and could not be published: nor does that leave it.
    at.refuses("loadRuleset", 1);
    const failing = tryBadVersion(at.models, { name: NAME, actor: "me", random: seededRandom(9) });
    await expect(failing).rejects.toThrow("no loadRuleset");
    expect(await at.models.registry("default").get(NAME)).toMatchObject({ champion: version, canary: null });
    // One that a person tries meanwhile is let alone.
    const other = await at.add(3);
    await at.models.act("default", NAME, { type: "canary", version: other.version, share: 0.1 }, "person");
    const gone = { name: NAME, version: "gone", actor: "me" };
    expect(await untilTakenBack(at.models, gone, { waitMs: 1 })).toBeNull();
    expect(await at.models.registry("default").get(NAME)).toMatchObject({
      canary: { version: other.version },
    });
    await at.models.close();
  });
});
