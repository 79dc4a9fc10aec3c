import { describe, expect, it } from "vitest";
import { memoryLog, memoryStore } from "../memory/index.js";
import type { Log } from "../ports/log.js";
import { createPersonalizationService } from "./create-service.js";
import type { ServiceOptions } from "./options.js";
import { RULESET, sample } from "./service.test.suite.js";

/** As a host in JavaScript may call it. */
const make = (options: object = {}) =>
  createPersonalizationService({
    stores: { hot: memoryStore() },
    log: memoryLog({ shards: 1 }),
    ...options,
  } as ServiceOptions);
const oops = (): never => {
  throw new Error("the host's own");
};
const rejects = async (): Promise<void> => oops();

describe("options that are none", () => {
  it.each([
    ["/retentionMs", "RETENTION", { retentionMs: Number.POSITIVE_INFINITY }],
    ["/retentionMs", "RETENTION", { retentionMs: 1e308 }],
    ["/retentionMs", "RETENTION", { retentionMs: "9999999999999" }],
    ["/cache/visitors", "CACHE", { cache: { visitors: Number.POSITIVE_INFINITY } }],
    ["/cache/visitors", "CACHE", { cache: { visitors: 1e308 } }],
    ["/sampling/lag", "SAMPLING", { sampling: { lag: Number.NaN } }],
    ["/sampling/inFlight", "SAMPLING", { sampling: { inFlight: -1 } }],
    ["/sampling/appendMs", "SAMPLING", { sampling: { appendMs: "50" } }],
    ["/sampling/least", "SAMPLING", { sampling: { least: Number.MIN_VALUE } }],
    ["/sampling/keep", "SAMPLING", { sampling: { keep: "Plan Chosen" } }],
    ["/sensitive", "SENSITIVE", { sensitive: "traits.phone" }],
    ["/consent/version", "CONSENT_POLICY", { consent: {} }],
    ["/consent/mode", "CONSENT_POLICY", { consent: { version: "1", mode: "optout" } }],
    ["/consent/expiresAfterMs", "CONSENT_POLICY", { consent: { version: "1", expiresAfterMs: Number.NaN } }],
  ])("are refused at once: %s", (path, what, options) => {
    expect(() => make(options)).toThrow(expect.objectContaining({ path, code: `ATTUNE_SERVICE_${what}` }));
  });
});

describe("hooks that fail", () => {
  for (const [how, hook] of [
    ["throw", oops],
    // Types let it pass where nothing is returned.
    ["reject", rejects as () => void],
  ] as const)
    it(`are reported and change nothing else: ${how}`, async () => {
      const unhandled: unknown[] = [];
      const note = (error: unknown): void => void unhandled.push(error);
      process.on("unhandledRejection", note);
      const told: unknown[] = [];
      const ports = { stores: { hot: memoryStore() }, log: memoryLog({ shards: 1 }) };
      const report = (error: unknown): void => void told.push(error);
      const service = make({ ...ports, report, sampling: { lag: 1000 } });
      const result = await service.ingest([sample()], { waitMs: 5000, onStored: hook });
      expect(result.outcomes).toEqual({ 0: "folded" });
      expect(told).toMatchObject([{ message: "the host's own" }]);
      await service.close();
      const idle = make({ ...ports, report, worker: false });
      expect(await idle.rebuild(hook)).toMatchObject({ events: 1 });
      expect(told.length).toBeGreaterThan(1);
      await idle.close();
      await new Promise((resolve) => setTimeout(resolve, 20));
      process.off("unhandledRejection", note);
      expect(unhandled).toEqual([]);
    });
});

describe("ports that throw at once", () => {
  const away = { lag: oops };

  it("are not well, and cost no other port its answer", async () => {
    const service = make({ log: { ...memoryLog({ shards: 1 }), ...away }, worker: false });
    expect(await service.health()).toMatchObject({ hot: { ok: true }, log: { ok: false, detail: "Error" } });
    await service.close();
  });

  it("cost no event where only the load is asked for", async () => {
    const told: unknown[] = [];
    const report = (error: unknown): void => void told.push(error);
    const log = { ...memoryLog({ shards: 1 }), ...away };
    const service = make({ log, report, worker: false, sampling: { inFlight: 1 } });
    for (const id of ["1", "2", "3"]) expect((await service.ingest([sample({ id })])).accepted).toBe(1);
    // Asked once a second at most.
    expect(told).toMatchObject([{ message: "the host's own" }]);
    await service.close();
  });
});

describe("the longest retention", () => {
  it("asks the log for no time before 1970, which may mean something else to it", async () => {
    const inner = memoryLog({ shards: 1 });
    const asked: number[] = [];
    const log: Log = {
      ...inner,
      trim(before) {
        asked.push(before);
        return inner.trim(before);
      },
    };
    const service = make({ log, retentionMs: 36_525 * 86_400_000 });
    await service.sweep();
    expect(asked).toEqual([0]);
    await service.close();
  });
});

describe("calls that are wrong", () => {
  it("take no site that is no text for one", async () => {
    const service = make({ report: () => undefined });
    for (const site of ["", null, 5, ["default"], {}, "a".repeat(64), "__proto__"]) {
      const at = { site } as { site: string };
      const refused = { code: "ATTUNE_SERVICE_SITE" };
      await expect(service.ingest([sample()], at)).rejects.toMatchObject(refused);
      // Never as an exception: who waits for a promise catches none.
      for (const call of [
        () => service.audit.append({ type: "x" }, at),
        () => service.audit.list(at),
        () => service.audit.verify(at),
        () => service.audit.checkpoint(site as string),
      ]) {
        let answer: Promise<unknown> = Promise.resolve();
        expect(() => {
          answer = call();
        }).not.toThrow();
        await expect(answer).rejects.toMatchObject(refused);
      }
    }
    await service.close();
  });

  it("make no decision reject", async () => {
    const told: unknown[] = [];
    const service = make({ ruleset: RULESET, report: (error: unknown) => void told.push(error) });
    for (const slots of ["hero", 5, [null], [10n], [Symbol("x")], [{ toString: oops }]]) {
      expect(await service.decide({ id: "v" }, slots as unknown as string[])).toMatchObject({
        decisions: {},
      });
      expect(told.pop()).toMatchObject({ code: "ATTUNE_SERVICE_SLOTS" });
    }
    for (const visitor of [null, undefined, "jane@shop.example", {}, { id: 5 }]) {
      const { decisions } = await service.decide(visitor as { id: string }, ["hero"]);
      expect(decisions).toMatchObject({ hero: { reason: "error", value: "plain" } });
      // And no report says whom they named.
      expect(told.pop()).toMatchObject({ code: "ATTUNE_SERVICE_VISITOR" });
    }
    expect(told).toEqual([]);
    await service.close();
  });

  it("name nobody by an empty text, or by none", async () => {
    const service = make();
    for (const id of [null, "jane@shop.example", {}, { visitorId: "" }, { sessionId: undefined }])
      await expect(service.pseudonymOf(id as { visitorId: string })).rejects.toMatchObject({
        code: "ATTUNE_SERVICE_SUBJECT",
      });
    const named = { visitorId: undefined, userId: "jane" } as unknown as { userId: string };
    expect(await service.pseudonymOf(named)).toBe(await service.pseudonymOf({ userId: "jane" }));
    await service.close();
  });
});
