import { existsSync } from "node:fs";
import { BROWSERS, ensure, PROGRAMS } from "../lib/programs.mjs";
import { accuracy, captureCost } from "./accuracy.mjs";
import { experimentProofs } from "./experiments.mjs";
import { conversionProof } from "./conversion.mjs";
import { banditProof } from "./bandits/proof.mjs";
import { clusteringProofs } from "./clustering.mjs";
import { HISTORIES, histories, vitest } from "./histories.mjs";
import { CONFIGURATIONS, killCampaign, missing } from "./kill.mjs";
import { learnerProofs } from "./learners.mjs";
import { floorLine, line, load } from "./load.mjs";
import { modelProofs } from "./models.mjs";
import { overload, TIMES } from "./overload.mjs";
import { located } from "./programs.mjs";
import { sameEverywhere } from "./replay.mjs";

/**
 * @typedef {object} Outcome
 * @property {string} [problem] What does not hold; absent where all does.
 * @property {string} [left] Why it could not be run here.
 * @property {string} [summary] One line with the figures that count.
 * @property {unknown} [figures] All of them.
 */

/**
 * @typedef {object} Proof
 * @property {string} name Words by which it can be chosen, then what it shows.
 * @property {(tell: (text: string) => void) => Promise<Outcome>} run `tell` is progress.
 */

const HOUR = 3_600_000;

async function suite(args, env, limit = HOUR) {
  const { code, output, isLate } = await vitest(args, { env, limit });
  if (isLate) return { problem: `not done within ${limit / 60_000} minutes` };
  const summary = output
    .split("\n")
    .filter((text) => /^\s*(Tests|Duration)/.test(text.replace(/\u001b\[\d+m/g, "")))
    .map((text) =>
      text
        .replace(/\u001b\[\d+m/g, "")
        .trim()
        .replace(/\s+/g, " "),
    )
    .join(", ");
  return code === 0 ? { summary } : { problem: `vitest ended with ${code}: ${output.slice(-4000)}` };
}

const historyProofs = (runs) =>
  Object.keys(HISTORIES).map((name) => ({
    name: `histories ${name}: ${runs.toLocaleString("en")} of each kind equal the pure model (T13)`,
    run: () => histories(name, { runs }),
  }));

const killProofs = (kills) =>
  ["lmdb", "redis", "kafka"].map((name) => ({
    name: `kill ${name}: ${kills} times SIGKILL while clients send, ${CONFIGURATIONS[name].title} (T8)`,
    async run(tell) {
      const why = missing(name);
      if (why !== null) return { left: why };
      const figures = await killCampaign(name, {
        kills,
        onProgress: (done) => (done % 10 === 0 ? tell(`${done} kills`) : undefined),
      });
      const { acknowledged, lost, doubleEffects, statesDiffering, whileFolding, killsOfRedis } = figures;
      return {
        ...(figures.problems.length > 0 && { problem: figures.problems.join("\n") }),
        summary:
          `${figures.kills} kills (${whileFolding} while folding${killsOfRedis > 0 ? `, ${killsOfRedis} with Redis itself` : ""}): ` +
          `${acknowledged.toLocaleString("en")} acknowledged, ${lost} lost, ${doubleEffects} double effects, ${statesDiffering} of ${figures.visitors} states differ`,
        figures,
      };
    },
  }));

const RECORDINGS = [
  {
    title: "rees46",
    data: "rees46-sample/events.csv",
    mapping: "rees46",
    expected: { rows: 13_685, accepted: 13_680, duplicates: 5, rejected: 0 },
    stores: ["memory", "lmdb", "redis", "postgres"],
  },
  {
    title: "weblog",
    data: "weblog-150users/visits.csv.gz",
    mapping: "weblog",
    expected: { rows: 1_148_573, accepted: 1_148_573, duplicates: 0, rejected: 0 },
    stores: ["lmdb", "redis"],
  },
];

const replayProofs = () =>
  RECORDINGS.map(({ title, ...recording }) => ({
    name: `replay ${title}: the same in the end on ${recording.stores.join(", ")}, and a second time nothing new`,
    async run(tell) {
      const figures = await sameEverywhere({ ...recording, onProgress: tell });
      const { problems, left, stores } = figures;
      if (stores.length === 0) return { left: left.join("; ") };
      return {
        ...(problems.length > 0 && { problem: problems.join("\n") }),
        summary: [
          ...stores.map(({ store, events, visitors, seconds, digest }) => {
            return `${store} ${events} events of ${visitors} visitors in ${seconds} s (${digest.slice(0, 8)})`;
          }),
          ...left.map((what) => `left out: ${what}`),
        ].join("; "),
        figures,
      };
    },
  }));

const loadProof = (options, title) => ({
  name: `load ${title}`,
  async run(tell) {
    if (options.inMemory && !existsSync("/dev/shm")) return { left: "there is no /dev/shm here" };
    if (options.apart && located.redis() === null) return { left: "no redis-server here" };
    const figures = await load({ ...options, onProgress: tell });
    const { nominal, floor, breaksAt } = figures;
    // How long it takes is up to the machine and what else it does; what must hold anywhere is that nothing fails.
    const failed = nominal.errorRate >= 0.001;
    return {
      ...(failed && { problem: `error rate ${nominal.errorRate}: ${nominal.firstErrors.join("; ")}` }),
      summary: `nominal ${line(nominal)}; first target broken at ${breaksAt ?? "no step"} ${breaksAt === null ? "" : "events/s"}${floor.map((one) => `; ${floorLine(one)}`).join("")}`,
      figures,
    };
  },
});

const loadProofs = ({ seconds, stepSeconds }) => {
  const times = { seconds, stepSeconds };
  return [
    loadProof(
      { ...times, readers: 1000, isFloored: true },
      "own: 1,000 visitors, each with the live stream of its session",
    ),
    loadProof(
      { ...times, readers: 1000, apart: true },
      "apart: the same on Redis, door and worker in processes of their own",
    ),
    loadProof({ ...times, readers: 0 }, "plain: 1,000 visitors, no streams, database on disk"),
    loadProof({ ...times, readers: 0, inMemory: true }, "plain: 1,000 visitors, no streams, database in RAM"),
    loadProof(
      { ...times, readers: 50, whole: true },
      "whole: 1,000 visitors, 50 live streams of the whole site",
    ),
    loadProof(
      { ...times, readers: 500, whole: true },
      "whole: 1,000 visitors, 500 live streams of the whole site",
    ),
  ];
};

const overloadProof = (seconds) => ({
  name: `overload: ${TIMES} times what a server can take: refused at once, memory bounded, nothing acknowledged lost (T12)`,
  async run(tell) {
    const figures = await overload({ seconds, onProgress: tell });
    const { slow, capacity, acknowledged, lost, refused, refusedMs, memory, memoryMb } = figures;
    const problems = [...figures.problems, ...(slow === null ? [] : [slow])];
    const count = Object.values(refused).reduce((sum, many) => sum + many, 0);
    return {
      ...(problems.length > 0 && { problem: problems.join("\n") }),
      summary:
        `takes ${capacity.toLocaleString("en")} events/s; at ${TIMES} × ${count.toLocaleString("en")} batches refused in ${refusedMs.p50} / ${refusedMs.p95} / ${refusedMs.p99} ms ` +
        `(p50 / p95 / p99), memory ${memoryMb.over} MB, ${memory} × normal; ${acknowledged.toLocaleString("en")} events acknowledged, ${lost} lost`,
      figures,
    };
  },
});

const browsersProof = {
  name: "browsers: the main path in Firefox and WebKitGTK (T35)",
  async run() {
    const env = {};
    const left = [];
    for (const program of Object.values(BROWSERS)) {
      const { path, reason } = await ensure(program);
      if (path === null) left.push(reason);
      else env[program.variable] = path;
    }
    const { code, output } = await vitest(["--project", "system", "tests/browser/other-browsers.test.ts"], {
      env,
      limit: HOUR / 12,
    });
    if (code !== 0) return { problem: output.slice(-4000) };
    const holds = [...output.matchAll(/T35: the main path holds in (.+)/g)].map(([, title]) => title.trim());
    if (holds.length === 0) return { left: left.join("; ") };
    return { summary: [`holds in ${holds.join(" and ")}`, ...left].join("; "), figures: { holds, left } };
  },
};

const percent = (share) => `${(share * 100).toFixed(2)} %`;

const accuracyProof = (interactions) => ({
  name: `accuracy: ${interactions.toLocaleString("en")} known interactions by real input in Chromium, each captured once with right values`,
  async run(tell) {
    const browser = await ensure(PROGRAMS.chromium);
    if (browser.path === null) return { left: browser.reason };
    const figures = await accuracy({ interactions, chromiumPath: browser.path, onProgress: tell });
    const { expected, right, share, missing, surplus, inOrder, longestTask, longTasks, ownLongest } = figures;
    const problems = [...figures.problems, ...figures.pageErrors];
    return {
      ...(problems.length > 0 && { problem: [...problems, ...missing, ...surplus].join("\n") }),
      summary:
        `${figures.interactions.toLocaleString("en")} interactions have ${expected.toLocaleString("en")} things to tell: ${right.toLocaleString("en")} arrived once with right values (${percent(share)}), ` +
        `${surplus.length} that did not happen, ${inOrder ? "in order" : "not in order"}; longest task ${Math.ceil(longestTask)} ms of the thread's own time, loads included; by the clock ${longTasks.length} tasks of more than 50 ms, ${Math.ceil(ownLongest.ours)} ms of one frame in scripts of the library`,
      figures,
    };
  },
});

const captureCostProof = (clicks) => ({
  name: "capture cost: a click takes the library's listeners half a millisecond of the main thread at most",
  async run() {
    const browser = await ensure(PROGRAMS.chromium);
    if (browser.path === null) return { left: browser.reason };
    const figures = await captureCost({ clicks, chromiumPath: browser.path });
    const { p50, mean, p95, p99 } = figures.listeners;
    return {
      ...(figures.problems.length > 0 && { problem: figures.problems.join("\n") }),
      summary:
        `${p50} / ${mean} / ${p95} / ${p99} ms in listeners (p50 / mean / p95 / p99), ${figures.inARow.p50} ms of clicks in a row (p50), ` +
        `${figures.script} ms of script and ${figures.tasks} ms in all with what follows it`,
      figures,
    };
  },
});

/**
 * All proofs that take long.
 *
 * @param {{ short: boolean }} options `short`: each in its small form, to see that it runs.
 * @returns {Proof[]}
 */
export function allProofs({ short }) {
  const runs = Number(process.env.ATTUNE_HISTORIES ?? (short ? 100 : 10_000));
  const kills = Number(process.env.ATTUNE_KILLS ?? (short ? 5 : 100));
  return [
    ...historyProofs(runs),
    ...killProofs(kills),
    ...replayProofs(),
    overloadProof(short ? 5 : 60),
    {
      name: "bandits: what they lose on ten arms that stand still and that change, and earn by context in a world that drifts",
      run: (tell) => banditProof({ short, tell }),
    },
    ...clusteringProofs({ short }, async () => ({
      ml: await import("../../packages/ml/dist/clustering/index.js"),
      core: await import("../../packages/core/dist/index.js"),
    })),
    accuracyProof(short ? 200 : 2500),
    captureCostProof(short ? 100 : 500),
    ...loadProofs(short ? { seconds: 15, stepSeconds: 5 } : { seconds: 120, stepSeconds: 20 }),
    // A short form knows too little of shares that are small; it shows that they run.
    ...experimentProofs(short ? 2000 : 10_000, () => import("../../packages/core/dist/stats/index.js")),
    ...modelProofs(short ? 200 : 10_000, () => import("../../packages/ml/dist/index.js")),
    conversionProof(() => import("../../packages/ml/dist/index.js"), { short }),
    ...learnerProofs(() => import("../../packages/ml/dist/index.js"), { short }),
    {
      name: "fresh: every generated case of the tests beside the code, drawn anew",
      run: () => suite(["--project", "unit", "--project", "pure"], {}),
    },
    {
      name: "browser: no decision, nothing written or sent for 30 s and three navigations (T24)",
      async run() {
        const browser = await ensure(PROGRAMS.chromium);
        if (browser.path === null) return { left: browser.reason };
        return suite(["--project", "system", "--project", "timed", "tests/browser"], {
          ATTUNE_LONG: "1",
          CHROMIUM: browser.path,
        });
      },
    },
    {
      name: "next16: one page per variant through proxy.ts in a built Next 16 application",
      run: () => suite(["--project", "system", "tests/next-variants.test.ts"], { ATTUNE_NEXT: "1" }),
    },
    {
      name: "react: 1,000 useVariant under 100 updates a second make no long task, and one slot's change commits that slot, with React 18.3 and 19",
      async run() {
        const browser = await ensure(PROGRAMS.chromium);
        if (browser.path === null) return { left: browser.reason };
        return suite(["--project", "alone", "packages/react/src/chromium.test.ts", "-t", "long task"], {
          ATTUNE_LONG: "1",
          CHROMIUM: browser.path,
        });
      },
    },
    browsersProof,
    {
      name: "mounts: the battery of all mounts in a built Next application",
      run: () => suite(["--project", "system", "tests/next-mount.test.ts"], { ATTUNE_NEXT: "1" }),
    },
  ];
}
