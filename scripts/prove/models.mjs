import { binomial, normal, randomOf } from "./simulated-experiments.mjs";

/** T31: so many false alarms of drift a day, and so often a shift of half a standard deviation is found within 2,000 rows. */
const FALSE_ALARMS = 0.01;
const FOUND = 0.95;
const LOOKS_A_DAY = 24;
/** A look every two seconds, at so many predictions. */
const LOOK_MS = 2000;
const PER_LOOK = 1000;
const SHARE = 0.1;

const percent = (share) => `${(share * 100).toFixed(2)} %`;
const turn = () => new Promise((resolve) => setImmediate(resolve));

/** What the timer sees of one trial, look after look, until it takes the version back. */
function trial(
  { judgeCanary, NO_EVIDENCE, addEvidence, latencyBucket },
  random,
  { champion, canary, looks },
) {
  const seen = (rate, n) => ({
    ...{
      predictions: n,
      errors: binomial(random, n, rate.errors),
      notFinite: binomial(random, n, rate.nan ?? 0),
    },
    latency: latencies(random, rate.slower ?? 1, n, latencyBucket),
    lastAt: 1,
  });
  let [before, now] = [NO_EVIDENCE, NO_EVIDENCE];
  for (let look = 1; look <= looks; look++) {
    before = addEvidence(before, seen(champion, PER_LOOK * (1 - SHARE)));
    now = addEvidence(now, seen(canary, PER_LOOK * SHARE));
    const { verdict, code } = judgeCanary({
      ...{ share: SHARE, ageMs: look * LOOK_MS },
      ...{ champion: { evidence: before, reward: null }, canary: { evidence: now, reward: null } },
    });
    if (verdict === "rollback") return { code, seconds: (look * LOOK_MS) / 1000 };
  }
  return null;
}

/** Log-normal, around a millisecond. */
function latencies(random, slower, n, latencyBucket) {
  const latency = {};
  for (let i = 0; i < n; i++) {
    const bucket = latencyBucket(slower * Math.exp(0.4 * normal(random)));
    latency[bucket] = (latency[bucket] ?? 0) + 1;
  }
  return latency;
}

const GOOD = {
  "as good, no errors": [{ errors: 0 }, { errors: 0 }],
  "as good, 0.1 % errors": [{ errors: 0.001 }, { errors: 0.001 }],
  "as good, 2 % errors": [{ errors: 0.02 }, { errors: 0.02 }],
};
const BAD = {
  "10 points more errors": [{ errors: 0.001 }, { errors: 0.101 }],
  "3 points more errors": [{ errors: 0.001 }, { errors: 0.031 }],
  "1 point more errors": [{ errors: 0.001 }, { errors: 0.011 }],
  "1 point more errors, from 2 %": [{ errors: 0.02 }, { errors: 0.03 }],
  "twice as slow": [{ errors: 0 }, { errors: 0, slower: 2 }],
  "1 % no numbers": [{ errors: 0 }, { errors: 0, nan: 0.01 }],
};

function trials(ml, runs, [champion, canary], looks, seed) {
  const seconds = [];
  for (let run = 0; run < runs; run++) {
    const found = trial(ml, randomOf(seed * 100_003 + run), { champion, canary, looks });
    if (found !== null) seconds.push(found.seconds);
  }
  seconds.sort((a, b) => a - b);
  return { takenBack: seconds.length / runs, median: seconds[Math.floor(runs / 2)] ?? null };
}

/** Rows of features that do not move, but for the first where `shift` says so. */
function rowsOf(random, n, columns, shift = 0) {
  const data = Float64Array.from({ length: n * columns }, () => normal(random));
  for (let at = 0; at < data.length; at += columns) data[at] += shift;
  return { data, columns };
}

const NAMES = ["a", "b", "c", "d"];

/** Shares of days with an alarm, and of shifts found. */
function driftDays({ featureDrift }, days, looks, seed) {
  const options = { alpha: FALSE_ALARMS / LOOKS_A_DAY };
  const isAlarm = (reference, current) =>
    featureDrift(reference, current, NAMES, options).some(
      ({ verdict }) => verdict === "moderate" || verdict === "major",
    );
  let [alarms, found] = [0, 0];
  for (let day = 0; day < days; day++) {
    const random = randomOf(seed + day);
    const reference = rowsOf(random, 2000, NAMES.length);
    let isFalse = false;
    for (let look = 0; look < looks; look++)
      isFalse ||= isAlarm(reference, rowsOf(random, 1000, NAMES.length));
    if (isFalse) alarms += 1;
    if (isAlarm(reference, rowsOf(random, 2000, NAMES.length, 0.5))) found += 1;
  }
  return { alarms: alarms / days, found: found / days };
}

/** @param {() => Promise<typeof import("@attune/ml")>} load The built package, when it is there. */
export const modelProofs = (runs, load) => [
  {
    name: `models canary: ${(runs / 10).toLocaleString("en")} simulated trials of each kind, bad ones taken back, good ones left alone (T31)`,
    async run(tell) {
      const ml = await load();
      const figures = {};
      const problems = [];
      for (const [title, sides] of Object.entries({ ...GOOD, ...BAD })) {
        const isBad = Object.hasOwn(BAD, title);
        // Ten minutes of looks.
        figures[title] = trials(ml, Math.ceil(runs / (isBad ? 10 : 50)), sides, 300, title.length);
        const { takenBack, median } = figures[title];
        tell(
          `${title}: ${percent(takenBack)} taken back${median === null ? "" : `, half within ${median} s`}`,
        );
        if (isBad ? takenBack < 0.99 : takenBack > 0.02) problems.push(`${title}: ${percent(takenBack)}`);
        await turn();
      }
      return {
        ...(problems.length > 0 && { problem: problems.join("; ") }),
        summary: Object.entries(figures)
          .map(
            ([title, { takenBack, median }]) =>
              `${title}: ${percent(takenBack)}${median === null ? "" : `, half within ${median} s`}`,
          )
          .join("; "),
        figures,
      };
    },
  },
  {
    name: `models drift: ${runs.toLocaleString("en")} simulated days of 1,000 rows without an alarm, and shifts of 0.5 σ found within 2,000 rows (T31)`,
    async run(tell) {
      const ml = await load();
      const figures = {
        "one look a day": driftDays(ml, runs, 1, 1),
        "24 looks a day": driftDays(ml, Math.ceil(runs / 20), LOOKS_A_DAY, 1_000_000),
      };
      const line = ([title, { alarms, found }]) =>
        `${title}: days with a false alarm ${percent(alarms)}, shifts found ${percent(found)}`;
      const wrong = Object.entries(figures).filter(
        ([, { alarms, found }]) => alarms > FALSE_ALARMS || found < FOUND,
      );
      tell(Object.entries(figures).map(line).join("; "));
      return {
        ...(wrong.length > 0 && { problem: wrong.map(line).join("; ") }),
        summary: Object.entries(figures).map(line).join("; "),
        figures,
      };
    },
  },
];
