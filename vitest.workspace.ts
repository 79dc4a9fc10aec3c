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

/** Most of them wait for something: on two cores Vitest would take one of them alone. Those that measure time come after, by themselves. */
const twoAtOnce = { maxWorkers: 2, sequence: { groupOrder: 0 }, retry };

/** The project list: every package's own tests in Node; what needs a real browser is driven from `tests/`. */
export default [
  {
    resolve,
    test: {
      name: "unit",
      environment: "node",
      setupFiles,
      include: ["packages/*/src/**/*.test.{ts,tsx}", "scripts/**/*.test.ts"],
      testTimeout: 20_000,
      ...twoAtOnce,
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
      testTimeout: 20_000,
      ...twoAtOnce,
    },
  },
  {
    resolve,
    test: {
      name: "system",
      environment: "node",
      setupFiles,
      include: ["tests/**/*.test.ts"],
      retry,
      testTimeout: 120_000,
      hookTimeout: 180_000,
      fileParallelism: false,
      sequence: { groupOrder: 1 },
      expect: { poll: { timeout: 10_000 } },
    },
  },
];
