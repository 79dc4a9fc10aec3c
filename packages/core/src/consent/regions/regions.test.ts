import { describe, expect, it } from "vitest";
import { allowed } from "../allowed.js";
import { createConsentState } from "../create.js";
import { modeFor, resolvePolicy } from "../policy.js";
import { validateConsentPolicy } from "../validate-policy.js";
import { EUROPE, OPT_IN_ELSEWHERE, REGION_LAWS, US_STATES } from "./index.js";

const policy = {
  version: "1",
  mode: "opt-out",
  regions: { ...EUROPE, ...US_STATES, ...OPT_IN_ELSEWHERE },
} as const;

describe("region packs", () => {
  it("are what a policy takes", () => {
    expect(validateConsentPolicy(policy)).toEqual({ ok: true, value: policy });
  });

  it("cover the 27 states of the Union, three more of the Economic Area, the United Kingdom and Switzerland", () => {
    const union = "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK".split(
      " ",
    );
    expect(union).toHaveLength(27);
    for (const region of [...union, "IS", "LI", "NO", "GB", "CH"])
      expect(modeFor(resolvePolicy(policy), region), region).toBe("opt-in");
  });

  it("are followed by what is more exact, and leave everything else as it is configured", () => {
    const resolved = resolvePolicy({ ...policy, regions: { ...policy.regions, CH: "opt-out", US: "none" } });
    expect(
      ["DE-BE", "CH", "US-CA", "US-WY", "CA-QC", "CA-ON", "JP"].map((r) => modeFor(resolved, r)),
    ).toEqual(["opt-in", "opt-out", "opt-out", "none", "opt-in", "opt-out", "opt-out"]);
  });

  it("name a law for each state that lets people opt out, and no law that is not in force yet", () => {
    expect(REGION_LAWS.map(({ region }) => region).sort()).toEqual(Object.keys(US_STATES).sort());
    for (const { law, since, signalSince } of REGION_LAWS) {
      for (const day of [since, ...(signalSince === null ? [] : [signalSince])]) {
        expect(new Date(day).toISOString().slice(0, 10), law).toBe(day);
        expect(Date.parse(day), law).toBeLessThanOrEqual(Date.UTC(2026, 0, 1));
      }
      expect((signalSince ?? since) >= since, law).toBe(true);
    }
  });

  it("T28 Global Privacy Control is an opt-out in every one of them, whether its law names the signal or not", () => {
    for (const region of Object.keys(US_STATES)) {
      const state = createConsentState(policy, { now: 0, region, gpc: true });
      expect(allowed(state, "analytics"), region).toBe(true);
      for (const sale of ["advertising", "marketing"] as const)
        expect(allowed(state, sale), region).toBe(false);
    }
  });
});
