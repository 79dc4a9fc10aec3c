import { createRequire } from "node:module";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

/** `@attune/x/y` resolves to the source of that sub-path, so tests run on what is being written, not on a build. */
const source = {
  find: /^@attune\/([a-z-]+)(?:\/(.+))?$/,
  replacement: `${fileURLToPath(new URL("./packages/", import.meta.url))}$1/src/$2/index.ts`,
};
const resolve = { alias: [source] };
const setupFiles = [fileURLToPath(new URL("./tests/support/seed.ts", import.meta.url))];

/** Where an older React lies that is tested with too. */
const react18 = createRequire(new URL("./packages/react/package.json", import.meta.url));
const folderOf = (name: string): string => dirname(react18.resolve(`${name}/package.json`));
const olderReact = [
  ["react", folderOf("react18")],
  ["react-dom", folderOf("react-dom18")],
].flatMap(([name, folder]) => [
  { find: new RegExp(`^${name}$`), replacement: `${folder}/index.js` },
  { find: new RegExp(`^${name}/(.+)$`), replacement: `${folder}/$1.js` },
]);

/**
 * Real browsers, servers and processes on a machine whose cores are shared: a test that fails is run once more, and the run names it. Generated cases are the same the second time.
 */
const retry = 1;

/**
 * Many of them wait for something, so that two cores take three at a time. Browsers and whole systems come after, two at a time, and at last, by themselves, those that
 * measure time. What hangs is found as well after a minute, and a slow machine is no failure.
 */
const besideOthers = { maxWorkers: 3, sequence: { groupOrder: 0 }, retry };
const brief = {
  environment: "node",
  setupFiles,
  testTimeout: 60_000,
  hookTimeout: 60_000,
  // What is waited for comes as soon as ever; a second is not enough where others have the cores.
  expect: { poll: { timeout: 10_000 } },
  ...besideOthers,
} as const;

/** Rooms of pure functions, and of services over ports in memory. What has thresholds of coverage is among them, and reached whole by their tests. */
const PURE = [
  "packages/core/src/{bandits,consent,decisions,engagement,engine,events,kernel,policy,segments,service,state,stats,targeting}/**/*.test.ts",
  "packages/ml/src/{data,learners,model,monitoring,registry,table,training}/**/*.test.ts",
];

/** What needs a process of its own: a DOM, or all of the heap to measure. */
const ALONE = [
  "packages/react/src/**/*.test.tsx",
  "packages/react/src/{chromium,types}.test.ts",
  "packages/server/src/heap.test.ts",
  "packages/server/src/http/{bodies,hostile,pressure}.test.ts",
  "packages/server/src/sockets/{careless-peers,slow-readers}.test.ts",
  "packages/server-adapters/src/redis/faults.test.ts",
];

/** What says how long something takes, which a neighbour on the same cores would change. */
const TIMED = [
  "tests/{dashboard-experiments,models-page,models-story,overload}.test.ts",
  "tests/browser/{consent,delivery,tabs}.test.ts",
];
/** Browsers, servers and whole processes: slow to start, and waited for by condition. */
const whole = {
  environment: "node",
  setupFiles,
  testTimeout: 120_000,
  hookTimeout: 180_000,
  expect: { poll: { timeout: 10_000 } },
} as const;

/**
 * The project list: every package's own tests in Node; what needs a real browser is driven from `tests/`. Tests share a process and what it has imported, which took a
 * third of the time, but for those that need one alone: they leave globals and the process as they found them.
 */
export default [
  {
    resolve,
    test: {
      name: "unit",
      include: ["packages/*/src/**/*.test.{ts,tsx}", "scripts/**/*.test.ts"],
      exclude: [...PURE, ...ALONE],
      isolate: false,
      ...brief,
    },
  },
  {
    resolve,
    test: { name: "pure", include: PURE, isolate: false, env: { ATTUNE_COVERED: "1" }, ...brief },
  },
  { resolve, test: { name: "alone", include: ALONE, ...brief } },
  {
    resolve: { alias: [source, ...olderReact] },
    test: {
      name: "react18",
      include: ["packages/react/src/*.test.tsx"],
      ...brief,
      setupFiles: [
        ...setupFiles,
        fileURLToPath(new URL("./packages/react/test/react18.ts", import.meta.url)),
      ],
    },
  },
  {
    resolve,
    test: {
      name: "system",
      include: ["tests/**/*.test.ts"],
      exclude: TIMED,
      ...whole,
      // Two browsers and the servers they talk to share the cores.
      retry: 2,
      maxWorkers: 2,
      sequence: { groupOrder: 1 },
    },
  },
  {
    resolve,
    test: {
      name: "timed",
      include: TIMED,
      ...whole,
      retry,
      fileParallelism: false,
      sequence: { groupOrder: 2 },
    },
  },
];
