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
 * Most of them wait for something: on two cores Vitest would take one of them alone; three at once made some time out where machines are slow. Browsers and whole systems come after, and at last, by
 * themselves, those that measure time. What hangs is found as well after a minute, and a slow machine is no failure.
 */
const besideOthers = { maxWorkers: 2, testTimeout: 60_000, sequence: { groupOrder: 0 }, retry };

/**
 * Rooms of pure functions, and of services over ports in memory: their tests share a process and what it has imported, which is a third of what they take. A test
 * there leaves globals and the process as it found them.
 */
const PURE = [
  "packages/core/src/{bandits,consent,decisions,engagement,events,kernel,policy,segments,service,state,stats,targeting}/**/*.test.ts",
  "packages/ml/src/{data,learners,model,monitoring,registry,table,training}/**/*.test.ts",
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

/** The project list: every package's own tests in Node; what needs a real browser is driven from `tests/`. */
export default [
  {
    resolve,
    test: {
      name: "unit",
      environment: "node",
      setupFiles,
      include: ["packages/*/src/**/*.test.{ts,tsx}", "scripts/**/*.test.ts"],
      exclude: PURE,
      ...besideOthers,
    },
  },
  {
    resolve,
    test: {
      name: "pure",
      environment: "node",
      setupFiles,
      include: PURE,
      isolate: false,
      ...besideOthers,
    },
  },
  {
    resolve: { alias: [source, ...olderReact] },
    test: {
      name: "react18",
      environment: "node",
      setupFiles: [
        ...setupFiles,
        fileURLToPath(new URL("./packages/react/test/react18.ts", import.meta.url)),
      ],
      include: ["packages/react/src/*.test.tsx"],
      ...besideOthers,
    },
  },
  {
    resolve,
    test: {
      name: "system",
      include: ["tests/**/*.test.ts"],
      exclude: TIMED,
      ...whole,
      retry,
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
