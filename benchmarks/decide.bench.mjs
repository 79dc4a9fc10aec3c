import { compileRuleset, hash } from "@attune/core/decisions";
import { GrowthBookClient } from "@growthbook/growthbook";
import { FlagdCore } from "@openfeature/flagd-core";

/** Distinct visitors; more than any cache would keep, few enough to stay in memory. A power of two. */
const VISITORS = 65_536;
const CALLS = 100_000;
/** Contestants take turns, and the best round of each counts: what the code takes, not what the neighbours on the machine leave. */
const ROUNDS = 25;

const COUNTRIES = ["DE", "AT", "CH"];
const attributes = { country: "DE", cartValue: 72, device: "mobile", sessions: 3, returning: true };
const consent = {
  necessary: true,
  analytics: true,
  personalization: true,
  marketing: false,
  advertising: false,
};
/** Through a buffer, so that every id is a flat string of its own and nobody pays for how it was put together. */
const makeIds = (text) =>
  Array.from({ length: VISITORS }, (_, i) =>
    Buffer.from(text(((i * 2_654_435_761) >>> 0).toString().padStart(10, "0"), i)).toString(),
  );
/** In the form of an analytics cookie's client id, 21 characters. What a hash costs grows with the id, for everyone. */
const ids = makeIds((noise, i) => `${noise}.${1_700_000_000 + i}`);
const uuids = makeIds(
  (noise, i) => `0195c2f0-7a6e-7c1e-9d3a-${noise}${i.toString(16).padStart(2, "0").slice(-2)}`,
);

/** Three conditions and a 50/50 split by a hash of the visitor's id, for everyone the same. */
function attune() {
  const compiled = compileRuleset({
    schemaVersion: 1,
    revision: 1,
    slots: {
      cta: {
        variants: { control: "Buy", offer: "Buy now, save 5 %" },
        fallback: "control",
        targeting: { country: { $in: COUNTRIES }, cartValue: { $gte: 50 }, device: { $ne: "desktop" } },
        policy: { type: "split", experiment: "cta-test", weights: { control: 0.5, offer: 0.5 } },
      },
    },
  });
  return (id) => compiled.decide("cta", { id, attributes, consent }).value;
}

/** What one would write for this one decision: no ruleset, no reason, no version, no record of the draw. */
function handWritten(draw) {
  const decide = ({ id, attributes: { country, cartValue, device }, consent: granted }) => {
    if (!granted.personalization) return "Buy";
    if (
      (country !== "DE" && country !== "AT" && country !== "CH") ||
      !(cartValue >= 50) ||
      device === "desktop"
    )
      return "Buy";
    return draw(id) < 0.5 ? "Buy" : "Buy now, save 5 %";
  };
  return (id) => decide({ id, attributes, consent });
}

/** The hash as one would write it from its formula. */
function plainDraw(id) {
  const fnv = (text) => {
    let state = 0x811c9dc5;
    for (let i = 0; i < text.length; i++) state = Math.imul(state ^ text.charCodeAt(i), 0x01000193);
    return state >>> 0;
  };
  return (fnv(String(fnv(`cta-test${id}`))) % 10_000) / 10_000;
}

/** flagd's evaluator; its context is flat and names the visitor `targetingKey`. */
function flagd() {
  const core = new FlagdCore();
  const rule = {
    and: [
      { in: [{ var: "country" }, COUNTRIES] },
      { ">=": [{ var: "cartValue" }, 50] },
      { "!=": [{ var: "device" }, "desktop"] },
    ],
  };
  core.setConfigurations(
    JSON.stringify({
      flags: {
        cta: {
          state: "ENABLED",
          variants: { control: "Buy", offer: "Buy now, save 5 %" },
          defaultVariant: "control",
          targeting: {
            if: [
              rule,
              {
                fractional: [
                  ["control", 50],
                  ["offer", 50],
                ],
              },
              "control",
            ],
          },
        },
      },
    }),
  );
  const { country, cartValue, device, sessions, returning } = attributes;
  return (id) =>
    core.resolveStringEvaluation("cta", "Buy", {
      targetingKey: id,
      country,
      cartValue,
      device,
      sessions,
      returning,
    }).value;
}

/**
 * GrowthBook's client for many users: one instance, the user handed in at each call, as its documentation advises for servers; a new
 * `GrowthBook` per user is slower still. Tracking is left out.
 */
function growthbook() {
  const rule = {
    key: "cta-test",
    hashVersion: 2,
    seed: "cta-test",
    variations: ["Buy", "Buy now, save 5 %"],
    weights: [0.5, 0.5],
    condition: { country: { $in: COUNTRIES }, cartValue: { $gte: 50 }, device: { $ne: "desktop" } },
  };
  const client = new GrowthBookClient().initSync({
    payload: { features: { cta: { defaultValue: "Buy", rules: [rule] } } },
  });
  const { country, cartValue, device, sessions, returning } = attributes;
  return (id) =>
    client.getFeatureValue("cta", "Buy", {
      attributes: { id, country, cartValue, device, sessions, returning },
    });
}

/** Nanoseconds a call, best round. Answers are counted, so that no call can be left out. */
function measure(contestants, list) {
  const best = contestants.map(() => Number.POSITIVE_INFINITY);
  const offers = contestants.map(() => 0);
  let next = 0;
  for (let round = 0; round < ROUNDS; round++) {
    for (const [index, decide] of contestants.entries()) {
      let offered = 0;
      const started = process.hrtime.bigint();
      for (let i = 0; i < CALLS; i++) if (decide(list[(next + i) & (VISITORS - 1)]).length > 3) offered++;
      const ns = Number(process.hrtime.bigint() - started) / CALLS;
      if (ns < best[index]) best[index] = ns;
      offers[index] += offered / CALLS / ROUNDS;
    }
    next += CALLS;
  }
  return { best, offers };
}

export async function run() {
  const contestants = {
    "@attune/core": attune(),
    "hand-written around our hash": handWritten((id) => hash("cta-test", id, 2)),
    "hand-written": handWritten(plainDraw),
    "@openfeature/flagd-core": flagd(),
    "@growthbook/growthbook": growthbook(),
  };
  const labels = Object.keys(contestants);
  const [ours, , plain, , peer] = Object.values(contestants);
  const agree = ids.slice(0, 5000).every((id) => ours(id) === plain(id) && ours(id) === peer(id));
  const { best, offers } = measure(Object.values(contestants), ids);
  const [us, byHand, , flags, growth] = best;
  const [withUuids] = measure([ours], uuids).best;
  const times = (ratio) => `${ratio.toFixed(2)}×`;
  return {
    name: "Decide: three conditions and a 50/50 split, another visitor at each call",
    rows: [
      ...labels.map((label, index) => ({
        label,
        value: best[index],
        unit: "ns",
        ratio: `${times(best[index] / us)} ours; ${(offers[index] * 100).toFixed(1)} % in the offer`,
      })),
      {
        label: "@attune/core, UUIDs of 36 characters",
        value: withUuids,
        unit: "ns",
        ratio: `${times(withUuids / us)} ours`,
      },
    ],
    checks: [
      {
        label: "beside a hand-written function with the same hash",
        ok: us <= 2 * byHand,
        target: "≤ 2×",
        seen: times(us / byHand),
      },
      { label: "beside flagd-core", ok: flags >= 4 * us, target: "≥ 4× faster", seen: times(flags / us) },
      {
        label: "beside GrowthBook's client",
        ok: growth >= 15 * us,
        target: "≥ 15× faster",
        seen: times(growth / us),
      },
      {
        label: "same variant as GrowthBook and by hand, 5,000 visitors",
        ok: agree,
        target: "all",
        seen: agree ? "all" : "not all",
      },
    ],
  };
}
