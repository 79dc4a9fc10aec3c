import { describe, expect, it } from "vitest";
import { memoryLog, memoryStore } from "../memory/index.js";
import { createPersonalizationService } from "./create-service.js";
import type { ServiceOptions } from "./options.js";
import { sample, T0 } from "./service.test.suite.js";
import type { PersonalizationService } from "./types.js";

const ALL = { analytics: true, personalization: true, marketing: true, advertising: true };
const LEFT = ["necessary", "analytics", "personalization"];

function make(over: Partial<ServiceOptions> = {}) {
  const log = memoryLog();
  return { log, service: createPersonalizationService({ stores: { hot: memoryStore() }, log, ...over }) };
}

async function kept(
  service: PersonalizationService,
  visitorId = "visitor-1",
): Promise<(readonly string[])[]> {
  await service.settled();
  const { visitors } = await service.exportData({ visitorId });
  return visitors.flatMap(({ events }) => events.map(({ consent }) => consent.purposes));
}

describe("T28 Global Privacy Control", () => {
  it("narrows what an event states, in every shape it can state it", async () => {
    const { service } = make();
    const shapes = [
      { purposes: Object.keys(ALL), policyVersion: "1" },
      Object.keys(ALL),
      ALL,
      { granularConsent: ALL, consentStatus: "granted" },
    ];
    const events = shapes.map((consent, i) => sample({ id: `shape-${i}`, consent }));
    events.push(sample({ id: "flat", consent: undefined, granularConsent: ALL }));
    expect(await service.ingest(events, { gpc: true })).toMatchObject({ accepted: 5, rejected: [] });
    const found = await kept(service);
    expect(found).toHaveLength(5);
    for (const purposes of found)
      expect(purposes.filter((name) => name !== "necessary")).toEqual(LEFT.slice(1));
    await service.close();
  });

  it("takes off what this policy says, and holds an event back that nothing else covers", async () => {
    const { service } = make({ consent: { version: "1", gpcDenies: ["analytics", "personalization"] } });
    expect(await service.ingest([sample()], { gpc: true })).toMatchObject({ accepted: 0, withheld: 1 });
    expect(await service.ingest([sample()])).toMatchObject({ accepted: 1, withheld: 0 });
    await service.close();
  });

  it("narrows what is stored of the visitor, with a snapshot or without", async () => {
    const { service } = make({ consent: { version: "1" } });
    await service.consent("visitor-1", { purposes: ALL, policyVersion: "1", source: "banner" });
    const bare = sample({ id: "bare", consent: undefined });
    const stated = sample({ id: "stated", consent: ALL });
    await service.ingest([bare, stated], { gpc: true });
    expect(await kept(service)).toEqual([LEFT, LEFT]);
    await service.close();
  });

  it("narrows the default where nobody has said anything", async () => {
    const { service } = make({ consent: { version: "1", mode: "opt-out" } });
    const bare = (id: string) => sample({ id, consent: undefined });
    await service.ingest([bare("with")], { gpc: true });
    await service.ingest([bare("without")]);
    expect((await kept(service)).map((purposes) => purposes.includes("advertising"))).toEqual([false, true]);
    await service.close();
  });

  it("is remembered with a refused event, as its country is, for when it is sent again", async () => {
    const { log, service } = make({
      consent: { version: "1", mode: "opt-in", regions: { US: "opt-out" } },
    });
    const bad = sample({ id: "bad", consent: ALL, occurredAt: -1 });
    const bare = sample({ id: "bare", consent: undefined, occurredAt: -1 });
    const { rejected } = await service.ingest([bad, bare], { gpc: true, country: "US" });
    expect(rejected).toHaveLength(2);
    const letters = await service.deadLetters.list();
    expect(letters.map(({ source }) => source)).toEqual(
      Array.from({ length: 2 }, () => ({ site: "default", route: "ingest", country: "US", gpc: true })),
    );
    await log.deadLetters.put(
      letters.map((letter) => ({
        ...letter,
        body: letter.body.replace('"occurredAt":-1', `"occurredAt":${T0}`),
      })),
    );
    expect(await service.deadLetters.replay()).toEqual({ replayed: 2, stillRefused: 0 });
    expect(await kept(service)).toEqual([LEFT, LEFT]);
    await service.close();
  });

  it("keeps no content of a refused event that nothing covers under it", async () => {
    const { service } = make({ consent: { version: "1", gpcDenies: ["analytics", "personalization"] } });
    await service.ingest([{ broken: true, visitorId: "v", consent: ALL }], { gpc: true, country: "US" });
    const [letter] = await service.deadLetters.list();
    expect(letter).toMatchObject({ body: "", source: { site: "default", route: "ingest" } });
    expect(letter?.source).not.toHaveProperty("country");
    await service.close();
  });

  it("narrows a decision as it is recorded, for good", async () => {
    const { service } = make();
    const all = { purposes: ALL, policyVersion: "1", source: "banner" } as const;
    const receipt = await service.consent("visitor-1", all, { gpc: true });
    expect(receipt).toMatchObject({
      value: { record: { grants: { ...ALL, marketing: false, advertising: false } } },
    });
    // What is not named is refused as well: it may have been granted before the signal came.
    await service.consent("visitor-2", all);
    await service.consent("visitor-2", { ...all, purposes: { analytics: true } }, { gpc: true });
    expect((await service.consentOf("visitor-2"))?.current.grants).toMatchObject({
      personalization: true,
      marketing: false,
      advertising: false,
    });
    await service.close();
  });
});
