import { GVL, TCModel, TCString } from "@iabtechlabtcf/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createConsentState } from "../create.js";
import { grantedPurposes, grantsOf } from "../grants.js";
import { transition } from "../transition.js";
import { type ConsentState, type OptionalPurpose, PURPOSES } from "../types.js";
import { fromTcf, type TcData, type TcfApi, tcfPlatform, toTcf } from "./index.js";

const OPTIONAL = PURPOSES.filter((purpose): purpose is OptionalPurpose => purpose !== "necessary");
const DAY = 86_400_000;
const DECIDED = 20_000 * DAY + 12_345_678;

/** A Global Vendor List of the published form, with three vendors. */
const vendorList = {
  gvlSpecificationVersion: 3,
  vendorListVersion: 140,
  tcfPolicyVersion: 5,
  lastUpdated: "2026-01-15T16:00:00Z",
  purposes: Object.fromEntries(
    Array.from({ length: 11 }, (_, i) => [
      i + 1,
      { id: i + 1, name: `Purpose ${i + 1}`, description: "", illustrations: [] },
    ]),
  ),
  specialPurposes: {},
  features: {},
  specialFeatures: {},
  stacks: {},
  dataCategories: {},
  vendors: Object.fromEntries(
    [2, 10, 755].map((id) => [
      id,
      {
        id,
        name: `Vendor ${id}`,
        purposes: [1, 2, 3, 4, 7, 8, 9],
        legIntPurposes: [],
        flexiblePurposes: [],
        specialPurposes: [],
        features: [],
        specialFeatures: [],
        usesCookies: true,
        cookieMaxAgeSeconds: 0,
        cookieRefresh: false,
        usesNonCookieAccess: false,
        urls: [],
      },
    ]),
  ),
};
const writing = { vendorList, cmpId: 300, publisherCountry: "DE", disclosedVendors: [2, 755] };

function decided(purposes: readonly OptionalPurpose[]): ConsentState {
  const state = createConsentState({ version: "1" }, { now: DECIDED, region: "DE" });
  const { state: granted } = transition(state, { type: "grant", purposes, at: DECIDED, source: "banner" });
  const rest = OPTIONAL.filter((purpose) => !purposes.includes(purpose));
  return transition(granted, { type: "deny", purposes: rest, at: DECIDED, source: "banner" }).state;
}

/** What another platform has written. */
function written(purposes: readonly number[], more: (model: TCModel) => void = () => undefined): string {
  const model = new TCModel(new GVL(vendorList as unknown as ConstructorParameters<typeof GVL>[0]));
  model.cmpId = 7;
  model.cmpVersion = 2;
  model.purposeConsents.set([...purposes]);
  more(model);
  return TCString.encode(model);
}
const flags = (...ids: number[]) => Object.fromEntries(ids.map((id) => [id, true]));

describe("TC strings", () => {
  it("say the same when they are read again, for every choice", async () => {
    await fc.assert(
      fc.asyncProperty(fc.subarray(OPTIONAL), async (purposes) => {
        const text = await toTcf(decided(purposes), writing);
        expect(await fromTcf(text)).toEqual(grantsOf(purposes));
        expect(await fromTcf(text, { section: "publisher" })).toEqual(grantsOf(purposes));
      }),
      { numRuns: 32 },
    );
  });

  it("hold the day of the decision, the vendors that were shown, no legitimate interest, and vendors only as far as they were agreed to", async () => {
    const text = await toTcf(decided(["analytics"]), { ...writing, vendorConsents: [755, 10] });
    const model = TCString.decode(text);
    expect(model.lastUpdated.getTime()).toBe(20_000 * DAY);
    expect(model.created.getTime()).toBe(20_000 * DAY);
    expect([...model.purposeConsents].filter(([, yes]) => yes).map(([id]) => id)).toEqual([1, 8, 9]);
    expect([...model.purposeLegitimateInterests].filter(([, yes]) => yes)).toEqual([]);
    expect([2, 10, 755].map((id) => model.vendorsDisclosed.has(id))).toEqual([true, false, true]);
    expect([2, 10, 755].map((id) => model.vendorConsents.has(id))).toEqual([false, false, true]);
    expect(await fromTcf(text, { vendor: 755 })).toEqual(grantsOf(["analytics"]));
    expect(await fromTcf(text, { vendor: 2 })).toEqual(grantsOf([]));
    const refused = TCString.decode(await toTcf(decided([]), { ...writing, vendorConsents: [755] }));
    expect(refused.vendorConsents.has(755)).toBe(false);
  });

  it("of other platforms are read purpose by purpose: all that one of ours needs", async () => {
    expect(grantedPurposes(await fromTcf(written([1, 5, 6])))).toEqual(["necessary", "personalization"]);
    expect(grantedPurposes(await fromTcf(written([5, 6, 8, 9])))).toEqual(["necessary"]);
    expect(grantedPurposes(await fromTcf(written([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])))).toHaveLength(5);
    const interest = written([1], (model) => model.purposeLegitimateInterests.set([8, 9]));
    expect(grantedPurposes(await fromTcf(interest))).toEqual(["necessary"]);
    expect(grantedPurposes(await fromTcf(written([1, 8]), { needs: { analytics: [1, 8] } }))).toEqual([
      "necessary",
      "analytics",
    ]);
    expect(grantedPurposes(await fromTcf(written([1]), { needs: { analytics: [] } }))).toEqual(["necessary"]);
  });

  it("that are none are refused with what to do", async () => {
    for (const text of ["", "nothing", "CP", "\u0000", "A".repeat(5000)])
      await expect(fromTcf(text)).rejects.toMatchObject({ code: "ATTUNE_CONSENT_TCF" });
  });

  it("are not written where nobody has decided, or for numbers that the framework does not know", async () => {
    const undecided = createConsentState({ version: "1", mode: "opt-out" }, { now: 0 });
    await expect(toTcf(undecided, writing)).rejects.toMatchObject({ code: "ATTUNE_CONSENT_TCF_UNDECIDED" });
    await expect(toTcf(decided([]), { ...writing, cmpId: 1 })).rejects.toMatchObject({
      code: "ATTUNE_CONSENT_TCF_WRITE",
    });
  });
});

describe("__tcfapi", () => {
  /** As a platform's script puts it into a page. */
  function cmp() {
    const listeners = new Map<number, (data: TcData, success: boolean) => void>();
    let last = 0;
    const api: TcfApi = (command, version, callback, parameter) => {
      const call = callback as unknown as (result: unknown, success: boolean) => void;
      if (version !== 2) return call(null, false);
      if (command === "removeEventListener") return call(listeners.delete(parameter as number), true);
      const id = ++last;
      listeners.set(id, call);
      call({ gdprApplies: true, eventStatus: "cmpuishown", listenerId: id, purpose: { consents: {} } }, true);
    };
    const tell = (data: TcData): void => {
      for (const [listenerId, call] of listeners) call({ ...data, listenerId }, true);
    };
    return { api, listeners, tell };
  }

  it("tells nothing while the person is being asked, then the decision, then each change, until it is ended", () => {
    const { api, listeners, tell } = cmp();
    const heard: unknown[] = [];
    const stop = tcfPlatform({ api }).listen((grants) => heard.push(grants && grantedPurposes(grants)));
    expect(heard).toEqual([null]);
    tell({ gdprApplies: true, eventStatus: "useractioncomplete", purpose: { consents: flags(1, 8, 9) } });
    tell({ gdprApplies: true, eventStatus: "useractioncomplete", purpose: { consents: {} } });
    expect(heard.slice(1)).toEqual([["necessary", "analytics"], ["necessary"]]);
    stop?.();
    expect(listeners.size).toBe(0);
  });

  it("is no decision where the framework does not apply, and is read like a string where it does", () => {
    const consents = flags(1, 2, 7);
    expect(fromTcf({ gdprApplies: false, eventStatus: "tcloaded", purpose: { consents } })).toBeNull();
    expect(fromTcf({ eventStatus: "tcloaded", purpose: { consents } })).toEqual(grantsOf(["marketing"]));
    expect(fromTcf({ eventStatus: "tcloaded", publisher: { consents } }, { section: "publisher" })).toEqual(
      grantsOf(["marketing"]),
    );
    expect(fromTcf({ eventStatus: "tcloaded", purpose: { consents } }, { vendor: 3 })).toEqual(grantsOf([]));
    expect(fromTcf({})).toEqual(grantsOf([]));
  });

  it("that fails, or answers only after it was left, decides nothing", () => {
    const calls: string[] = [];
    let answer: (data: TcData | null, success: boolean) => void = () => undefined;
    const api: TcfApi = (command, _version, callback) => {
      calls.push(command);
      if (command === "addEventListener") answer = callback as typeof answer;
    };
    const heard: unknown[] = [];
    const stop = tcfPlatform({ api }).listen((grants) => heard.push(grants));
    answer(null, false);
    answer(null, true);
    stop?.();
    expect(calls).toEqual(["addEventListener"]);
    answer({ listenerId: 7, gdprApplies: true, eventStatus: "tcloaded" }, true);
    expect(calls).toEqual(["addEventListener", "removeEventListener"]);
    expect(heard).toEqual([]);
  });

  it("that is not there is said so", () => {
    expect(() => tcfPlatform().listen(() => undefined)).toThrow(
      expect.objectContaining({ code: "ATTUNE_CONSENT_TCF_API" }),
    );
  });
});
