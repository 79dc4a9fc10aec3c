import { describe, expect, it } from "vitest";
import { allowed, memoryAllowed } from "./allowed.js";
import { createConsentState, openConsent } from "./create.js";
import { ALL_GRANTS, grantedPurposes, grantsOf, NO_GRANTS } from "./grants.js";
import { CONSENT_EXPIRY_MS } from "./policy.js";
import { consentRecord, MAX_REVISION } from "./record.js";
import { transition } from "./transition.js";
import type { ConsentAction, ConsentPolicy, ConsentRecord, ConsentState } from "./types.js";

const T = 1_700_000_000_000;
const DAY = 86_400_000;
const policy: ConsentPolicy = {
  version: "2026-11",
  regions: { US: "none", "US-CA": "opt-out", DE: "opt-in" },
};
const open = (
  environment: Partial<Parameters<typeof createConsentState>[1]> = {},
  p = policy,
): ConsentState => createConsentState(p, { now: T, ...environment });
const act = (state: ConsentState, ...actions: ConsentAction[]) =>
  actions.reduce((last, action) => transition(last.state, action), { state, effects: [] } as ReturnType<
    typeof transition
  >);
const grantAll = { type: "grant", purposes: "all", at: T, source: "banner" } as const;
const withdrawAll = { type: "withdraw", purposes: "all", at: T, source: "preferences" } as const;
const types = (result: ReturnType<typeof transition>) => result.effects.map((effect) => effect.type);

describe("before a decision", () => {
  it("allows only what is necessary where consent is needed, and asks", () => {
    const { state, effects } = openConsent(policy, { now: T, region: "DE" });
    expect(state).toMatchObject({
      status: "undecided",
      mode: "opt-in",
      ask: "undecided",
      revision: 0,
      source: "default",
    });
    expect(state.grants).toEqual(NO_GRANTS);
    expect(effects).toEqual([{ type: "ask", reason: "undecided" }]);
    expect(consentRecord(state)).toBeNull();
  });

  it("takes the most specific region, then the country, then the policy's mode, then opt-in", () => {
    expect(open({ region: "us-ca" }).mode).toBe("opt-out");
    expect(open({ region: "US-NY" }).mode).toBe("none");
    expect(open({ region: "FR" }).mode).toBe("opt-in");
    expect(open({ region: "FR" }, { ...policy, mode: "opt-out" }).mode).toBe("opt-out");
    expect(open({ region: "constructor" }).mode).toBe("opt-in");
    expect(open({ region: "<script>" }).region).toBeNull();
    expect(open({ region: "DE" }, { ...policy, regions: { DE: "everything" as "none" } }).mode).toBe(
      "opt-in",
    );
  });

  it("allows everything where only an objection counts, and asks nothing where nothing is needed", () => {
    expect(open({ region: "US-CA" })).toMatchObject({ grants: ALL_GRANTS, ask: "undecided" });
    expect(open({ region: "US" })).toMatchObject({ grants: ALL_GRANTS, ask: null });
    expect(openConsent(policy, { now: T, region: "US" }).effects).toEqual([]);
  });

  it("never allows what the policy does not ask for, and asks nothing if it asks for nothing", () => {
    expect(grantedPurposes(open({ region: "US" }, { ...policy, purposes: ["analytics"] }).grants)).toEqual([
      "necessary",
      "analytics",
    ]);
    expect(open({ region: "DE" }, { ...policy, purposes: [] }).ask).toBeNull();
  });

  it("lets a fold in memory run only if the policy says so and nobody has ever decided", () => {
    const lenient = { ...policy, memoryBeforeDecision: true };
    expect(memoryAllowed(open())).toBe(false);
    expect(memoryAllowed(open({}, lenient))).toBe(true);
    const refused = act(open({}, lenient), { ...withdrawAll, type: "deny" }).state;
    expect(memoryAllowed(refused)).toBe(false);
    expect(memoryAllowed(act(refused, { type: "tick", at: T + 2 * CONSENT_EXPIRY_MS }).state)).toBe(false);
  });
});

describe("deciding", () => {
  it("grants, in the order persist, granted", () => {
    const result = act(open(), { ...grantAll, purposes: ["analytics", "necessary"] });
    expect(result.state).toMatchObject({
      status: "decided",
      ask: null,
      revision: 1,
      decidedAt: T,
      source: "banner",
    });
    expect(result.effects).toEqual([
      { type: "persist", record: result.state.record },
      { type: "granted", purposes: ["analytics"] },
    ]);
    expect(result.state.record).toMatchObject({
      v: 1,
      mode: "opt-in",
      region: null,
      grants: grantsOf(["analytics"]),
    });
  });

  it("does nothing, not even a new object, when the same is decided again or nothing is named", () => {
    const { state } = act(open(), grantAll);
    for (const action of [
      grantAll,
      { ...withdrawAll, purposes: [] },
      { ...withdrawAll, purposes: ["necessary"] as const },
    ]) {
      const again = transition(state, action);
      expect(again.state).toBe(state);
      expect(again.effects).toEqual([]);
    }
  });

  it("records a confirmation of what held by default, without calling it newly granted", () => {
    const result = act(open({ region: "US-CA" }), grantAll);
    expect(types(result)).toEqual(["persist"]);
    expect(result.state.status).toBe("decided");
  });

  it("revokes and clears the device when the last optional purpose goes, not before", () => {
    const granted = act(open(), grantAll).state;
    const some = transition(granted, { ...withdrawAll, purposes: ["marketing"] });
    expect(some.effects.slice(1)).toEqual([{ type: "revoked", purposes: ["marketing"] }]);
    const all = transition(some.state, withdrawAll);
    expect(types(all)).toEqual(["persist", "revoked", "erase-device"]);
    expect(all.state.grants).toEqual(NO_GRANTS);
    expect(all.state.revision).toBe(3);
  });

  it("needs no clearing for a first refusal", () => {
    expect(types(act(open(), { ...withdrawAll, type: "deny" }))).toEqual(["persist"]);
  });

  it("keeps a usable time and revision whatever the clock and the kept record say", () => {
    const stored = { ...act(open(), grantAll).state.record, revision: MAX_REVISION };
    const { record } = act(open({ stored }), { ...withdrawAll, at: -5.5 }).state;
    expect(record).toMatchObject({ decidedAt: 0, revision: MAX_REVISION, grants: NO_GRANTS });
  });
});

describe("what was asked", () => {
  const analytics: ConsentAction = { type: "grant", purposes: ["analytics"], at: T, source: "api" };

  it("where consent is needed, a call answers for the purposes that it names: the others are still to be asked", () => {
    const { state } = act(open({ region: "DE" }), analytics);
    expect(state).toMatchObject({
      status: "decided",
      ask: "purposes-changed",
      grants: grantsOf(["analytics"]),
    });
    expect(state.record?.asked).toEqual(["analytics"]);
    const rest = act(state, {
      ...analytics,
      type: "deny",
      purposes: ["marketing", "advertising", "personalization"],
    });
    expect(rest.state).toMatchObject({ ask: null, grants: grantsOf(["analytics"]), revision: 2 });
    expect(types(act(rest.state, analytics))).toEqual([]);
  });

  it("a form asks about everything it shows, and an objection elsewhere leaves no question open", () => {
    expect(act(open({ region: "DE" }), { ...analytics, source: "banner" }).state.ask).toBeNull();
    const { state } = act(open({ region: "US-CA" }), { ...analytics, type: "deny" });
    expect(state).toMatchObject({ ask: null, grants: { analytics: false, marketing: true } });
  });
});

describe("cookies were cleared in between", () => {
  const other = act(open({ region: "DE" }), grantAll, withdrawAll, { ...grantAll, at: T + 1 }).state;

  it("a refusal in a page that counts from one again holds in one that did not notice, and a grant does not", () => {
    const denied = act(open({ region: "DE" }), {
      ...withdrawAll,
      at: T + 2,
      purposes: ["marketing"],
      type: "deny",
    });
    const { state, effects } = act(other, { type: "adopt", record: denied.state.record, at: T + 3 });
    expect(other.revision).toBeGreaterThan(denied.state.revision);
    expect(state.grants.marketing).toBe(false);
    expect(effects.map(({ type }) => type)).toEqual(["persist", "revoked", "erase-device"]);
    const refused = act(other, { ...withdrawAll, at: T + 4 }).state;
    const granted = act(open({ region: "DE" }), { ...grantAll, at: T + 5 }).state.record;
    expect(act(refused, { type: "adopt", record: granted, at: T + 6 })).toEqual({
      state: refused,
      effects: [],
    });
  });

  it("nor does the older grant undo the newer refusal", () => {
    const denied = act(open({ region: "DE" }), { ...withdrawAll, at: T + 2, type: "deny" }).state;
    const { state } = act(denied, { type: "adopt", record: other.record, at: T + 3 });
    expect(state.grants).toEqual(NO_GRANTS);
    expect(state.revision).toBe(other.revision);
  });
});

describe("T27 asked again", () => {
  const stored = act(open({ region: "DE" }), grantAll).state.record as ConsentRecord;

  it("when the policy's version changed: nothing holds until then, and a refusal then clears the device", () => {
    const next = { ...policy, version: "2027-01" };
    const { state, effects } = openConsent(next, { now: T, region: "DE", stored });
    expect(state).toMatchObject({
      status: "undecided",
      ask: "policy-changed",
      grants: NO_GRANTS,
      revision: 1,
    });
    expect(effects).toEqual([{ type: "ask", reason: "policy-changed" }]);
    expect(types(act(state, withdrawAll))).toEqual(["persist", "erase-device"]);
    expect(grantedPurposes(act(state, { ...grantAll, purposes: ["analytics"] }).state.grants)).toEqual([
      "necessary",
      "analytics",
    ]);
  });

  it("where an objection counts, grants go on and refusals stay", () => {
    const refused = act(open({ region: "US-CA" }), { ...withdrawAll, purposes: ["marketing"] }).state.record;
    const state = open({ region: "US-CA", stored: refused }, { ...policy, version: "2027-01" });
    expect(state.ask).toBe("policy-changed");
    expect(allowed(state, ["analytics"])).toBe(true);
    expect(allowed(state, ["marketing"])).toBe(false);
  });

  it("when purposes were added: the old ones hold, the new ones do not", () => {
    const before = act(open({}, { ...policy, purposes: ["analytics"] }), grantAll).state.record;
    const state = open({ stored: before });
    expect(state).toMatchObject({
      status: "decided",
      ask: "purposes-changed",
      grants: grantsOf(["analytics"]),
    });
    expect(types(act(state, { ...grantAll, purposes: ["analytics"] }))).toEqual(["persist"]);
  });

  it("a purpose added where an objection counts is on only for those who never objected", () => {
    const narrow: ConsentPolicy = { ...policy, purposes: ["analytics", "personalization"] };
    const agreed = act(open({ region: "US-CA" }, narrow), grantAll).state.record;
    const objected = act(open({ region: "US-CA" }, narrow), { ...withdrawAll, purposes: ["analytics"] }).state
      .record;
    expect(allowed(open({ region: "US-CA", stored: agreed }), "advertising")).toBe(true);
    expect(allowed(open({ region: "US-CA", stored: objected }), "advertising")).toBe(false);
    expect(allowed(open({ region: "US-CA", stored: objected }), "personalization")).toBe(true);
  });

  it("after six months, on a tick, with what that revokes", () => {
    const state = open({ region: "DE", stored });
    expect(act(state, { type: "tick", at: T + CONSENT_EXPIRY_MS - 1 })).toEqual({ state, effects: [] });
    const late = act(state, { type: "tick", at: T + CONSENT_EXPIRY_MS });
    expect(late.state).toMatchObject({ status: "undecided", ask: "expired", grants: NO_GRANTS });
    expect(types(late)).toEqual(["revoked", "erase-device", "ask"]);
    expect(act(late.state, { type: "tick", at: T + CONSENT_EXPIRY_MS + 1 }).state).toBe(late.state);
  });

  it("an expired grant does not come back through a decision about something else", () => {
    const late = act(open({ region: "DE", stored }), {
      ...grantAll,
      purposes: ["analytics"],
      at: T + CONSENT_EXPIRY_MS,
    });
    expect(grantedPurposes(late.state.grants)).toEqual(["necessary", "analytics"]);
  });

  it("when the record comes from a wrong clock's future, or from where nobody had to opt in", () => {
    expect(open({ stored: { ...stored, decidedAt: T + 2 * DAY } }).ask).toBe("expired");
    expect(open({ stored: { ...stored, decidedAt: T + DAY / 2 } }).ask).toBeNull();
    const travelled = open({ region: "DE", stored: { ...stored, mode: "opt-out" } });
    expect(travelled).toMatchObject({ status: "undecided", ask: "region-changed", grants: NO_GRANTS });
  });
});

describe("T28 Global Privacy Control", () => {
  it("switches off sale and sharing in every mode, from the start", () => {
    for (const region of ["DE", "US-CA", "US"]) {
      const state = open({ region, gpc: true });
      expect(allowed(state, "advertising") || allowed(state, "marketing")).toBe(false);
      expect(state.source).toBe("gpc");
    }
    expect(allowed(open({ region: "US", gpc: true }), ["analytics", "personalization"])).toBe(true);
  });

  it("is not overridden by a grant given here, unless the policy narrows it", () => {
    const { state } = act(open({ gpc: true }), grantAll);
    expect(grantedPurposes(state.grants)).toEqual(["necessary", "analytics", "personalization"]);
    const own = act(open({ gpc: true }, { ...policy, gpcDenies: [] }), grantAll);
    expect(own.state.grants).toEqual(ALL_GRANTS);
  });

  it("narrows a kept decision for good: its absence later is no opt-in", () => {
    const stored = act(open(), grantAll).state.record;
    const { state, effects } = openConsent(policy, { now: T, stored, gpc: true });
    expect(effects).toEqual([{ type: "persist", record: state.record }]);
    expect(state).toMatchObject({ revision: 2, source: "gpc", decidedAt: T });
    const off = act(state, { type: "gpc", gpc: false, at: T });
    expect(off.effects).toEqual([]);
    expect(off.state.gpc).toBe(false);
    expect(allowed(off.state, "advertising")).toBe(false);
  });

  it("acts at once when it is switched on, and is only a signal while nobody has decided", () => {
    const on = { type: "gpc", gpc: true, at: T } as const;
    expect(types(act(act(open(), grantAll).state, on))).toEqual(["persist", "revoked"]);
    const undecided = act(open({ region: "US-CA" }), on);
    expect(undecided.effects).toEqual([{ type: "revoked", purposes: ["marketing", "advertising"] }]);
    const again = act(undecided.state, { ...on, gpc: false });
    expect(again.effects).toEqual([{ type: "granted", purposes: ["marketing", "advertising"] }]);
    expect(act(open({ region: "DE" }), on).state.gpc).toBe(true);
  });
});

describe("T25 a record from elsewhere", () => {
  const first = act(open(), grantAll).state;
  const record = first.record as ConsentRecord;

  it("wins only with a higher revision", () => {
    const withdrawn = act(first, withdrawAll).state;
    expect(transition(withdrawn, { type: "adopt", record, at: T }).state).toBe(withdrawn);
    const adopted = transition(first, { type: "adopt", record: withdrawn.record, at: T });
    expect(types(adopted)).toEqual(["persist", "revoked", "erase-device"]);
    expect(adopted.state.revision).toBe(2);
    expect(transition(open(), { type: "adopt", record, at: T }).state.grants).toEqual(ALL_GRANTS);
  });

  it("with an equal revision only takes away", () => {
    const withdrawn = act(first, withdrawAll).state;
    const rival = { ...record, revision: 2 };
    expect(transition(withdrawn, { type: "adopt", record: rival, at: T }).state).toBe(withdrawn);
    const granted = open({ stored: rival });
    expect(transition(granted, { type: "adopt", record: withdrawn.record, at: T }).state.grants).toEqual(
      NO_GRANTS,
    );
    const crossed = transition(open({ stored: { ...rival, grants: grantsOf(["analytics", "marketing"]) } }), {
      type: "adopt",
      record: { ...rival, grants: grantsOf(["marketing", "advertising"]) },
      at: T,
    });
    expect(grantedPurposes(crossed.state.grants)).toEqual(["necessary", "marketing"]);
  });

  it("that is none changes nothing", () => {
    expect(transition(first, { type: "adopt", record: { v: 2 }, at: T })).toEqual({
      state: first,
      effects: [],
    });
    const undecided = open();
    expect(transition(undecided, { type: "adopt", record: null, at: T }).state).toBe(undecided);
  });

  it("is narrowed by Global Privacy Control like any other", () => {
    const adopted = transition(open({ gpc: true }), { type: "adopt", record, at: T });
    expect(allowed(adopted.state, "marketing")).toBe(false);
    expect(adopted.state.revision).toBe(2);
  });
});
