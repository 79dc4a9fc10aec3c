import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeConsentCookie, encodeConsentCookie } from "./cookie.js";
import { createConsentState } from "./create.js";
import { grantedPurposes, grantsOf, NO_GRANTS } from "./grants.js";
import { modeFor, optionalPurposes, resolvePolicy } from "./policy.js";
import { parseConsentRecord } from "./record.js";
import { transition } from "./transition.js";
import {
  PURPOSES,
  type ConsentAction,
  type ConsentMode,
  type ConsentPolicy,
  type ConsentRecord,
  type ConsentSource,
} from "./types.js";

const T = 1_700_000_000_000;
const modes = fc.constantFrom<ConsentMode[]>("opt-in", "opt-out", "none");
const sources = fc.constantFrom<ConsentSource[]>("banner", "preferences", "api", "gpc", "default", "import");
const purposes = fc.subarray([...PURPOSES]);
const times = fc.integer({ min: T - 4e10, max: T + 4e10 });
const optional = purposes.map(optionalPurposes);
const version = fc.constantFrom("1", "2");

const policies: fc.Arbitrary<ConsentPolicy> = fc.record(
  {
    version,
    mode: modes,
    regions: fc.dictionary(fc.constantFrom("US", "US-CA", "DE"), modes),
    purposes: optional,
    gpcDenies: optional,
  },
  { requiredKeys: ["version"] },
);

const records: fc.Arbitrary<ConsentRecord> = fc
  .record({
    v: fc.constant(1 as const),
    policyVersion: fc.oneof(version, fc.stringMatching(/^[\w.~-]{1,64}$/)),
    mode: modes,
    region: fc.constantFrom(null, "US", "US-CA", "DE"),
    grants: purposes.map(grantsOf),
    decidedAt: fc.oneof(times, fc.nat(8.64e15)),
    source: sources,
    revision: fc.oneof(fc.nat(5), fc.nat(1e9)),
    asked: optional,
  })
  .map(({ asked, ...rest }) => (asked.length ? { ...rest, asked } : rest));

const chosen = fc.oneof(fc.constant("all" as const), purposes);
const actions: fc.Arbitrary<ConsentAction> = fc.oneof(
  fc.record({
    type: fc.constantFrom("grant" as const, "deny" as const, "withdraw" as const),
    purposes: chosen,
    at: times,
    source: sources,
  }),
  fc.record({ type: fc.constant("gpc" as const), gpc: fc.boolean(), at: times }),
  fc.record({ type: fc.constant("adopt" as const), record: fc.oneof(records, fc.anything()), at: times }),
  fc.record({ type: fc.constant("tick" as const), at: times }),
);

const histories = fc.tuple(
  policies,
  fc.record({
    now: times,
    region: fc.constantFrom(null, "US", "US-CA", "DE", "FR"),
    gpc: fc.boolean(),
    stored: fc.oneof(records, fc.anything()),
  }),
  fc.array(actions, { maxLength: 12 }),
);

describe("whatever happens", () => {
  it("grants stay within necessary, the policy's purposes and what Global Privacy Control leaves; effects tell the difference", () => {
    fc.assert(
      fc.property(histories, ([policy, environment, steps]) => {
        let state = createConsentState(policy, environment);
        const resolved = resolvePolicy(policy);
        for (const action of steps) {
          const { state: next, effects } = transition(state, action);
          expect(next.grants.necessary).toBe(true);
          for (const purpose of grantedPurposes(next.grants).slice(1)) {
            expect(resolved.purposes).toContain(purpose);
            if (next.gpc) expect(resolved.gpcDenies).not.toContain(purpose);
          }
          const gained = PURPOSES.filter((purpose) => next.grants[purpose] && !state.grants[purpose]);
          const lost = PURPOSES.filter((purpose) => !next.grants[purpose] && state.grants[purpose]);
          expect(effects.flatMap((effect) => (effect.type === "granted" ? effect.purposes : []))).toEqual(
            gained,
          );
          expect(effects.flatMap((effect) => (effect.type === "revoked" ? effect.purposes : []))).toEqual(
            lost,
          );
          const kept = effects.flatMap((effect) => (effect.type === "persist" ? [effect.record] : []));
          expect(kept).toEqual(next.record === state.record ? [] : [next.record]);
          const nothingLeft = grantedPurposes(next.grants).length === 1;
          if (lost.length && nothingLeft) expect(effects).toContainEqual({ type: "erase-device" });
          if (!nothingLeft) expect(effects).not.toContainEqual({ type: "erase-device" });
          if (!effects.length && next.gpc === state.gpc && next.ask === state.ask) expect(next).toBe(state);
          state = next;
        }
      }),
    );
  });

  it("the same action twice has no effect the second time", () => {
    fc.assert(
      fc.property(histories, actions, ([policy, environment], action) => {
        const once = transition(createConsentState(policy, environment), action);
        expect(transition(once.state, action)).toEqual({ state: once.state, effects: [] });
      }),
    );
  });

  it("T25 after withdrawing everything no record of the same or a lower revision brings anything back", () => {
    fc.assert(
      fc.property(histories, fc.array(records), times, ([policy, environment, steps], late, at) => {
        let state = createConsentState(policy, environment);
        for (const action of steps) state = transition(state, action).state;
        const withdraw = { type: "withdraw", purposes: "all", at, source: "api" } as const;
        state = transition(state, withdraw).state;
        const { revision } = state;
        for (const record of late) {
          state = transition(state, {
            type: "adopt",
            record: { ...record, revision: Math.min(record.revision, revision) },
            at,
          }).state;
          if (resolvePolicy(policy).purposes.length) expect(state.grants).toEqual(NO_GRANTS);
        }
      }),
    );
  });

  it("two tabs that exchange their records allow the same", () => {
    fc.assert(
      fc.property(policies, records, records, (policy, one, other) => {
        const open = (stored: ConsentRecord) => createConsentState(policy, { now: T, stored });
        const meet = (own: ConsentRecord, their: ConsentRecord) =>
          transition(open(own), { type: "adopt", record: their, at: T }).state.record?.grants;
        expect(meet(one, other)).toEqual(meet(other, one));
      }),
    );
  });

  it("a mode is always one of the three", () => {
    fc.assert(
      fc.property(policies, fc.string(), (policy, region) => {
        expect(["opt-in", "opt-out", "none"]).toContain(modeFor(resolvePolicy(policy), region));
      }),
    );
  });
});

describe("record and cookie", () => {
  it("a record survives JSON and the cookie unchanged, in under 200 URL-safe bytes", () => {
    fc.assert(
      fc.property(records, (record) => {
        const text = encodeConsentCookie(record);
        expect(text).toMatch(/^[\w.~-]{1,130}$/);
        expect(decodeConsentCookie(text)).toEqual(record);
        expect(parseConsentRecord(JSON.parse(JSON.stringify(record)))).toEqual(record);
      }),
    );
  });

  it("hostile input gives null or a valid record, and never throws", () => {
    const tampered = fc
      .tuple(records.map(encodeConsentCookie), fc.nat(80), fc.string({ unit: "binary", maxLength: 3 }))
      .map(([text, at, noise]) => text.slice(0, at) + noise + text.slice(at + 1));
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: "binary" }), tampered, fc.anything()), (input) => {
        for (const record of [decodeConsentCookie(input), parseConsentRecord(input)]) {
          if (record) expect(parseConsentRecord(record)).toEqual(record);
        }
      }),
    );
  });
});
