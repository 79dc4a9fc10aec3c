/**
 * The arrows of docs/architecture.md as rules. A room of core may import only rooms to its left.
 */
const ROOMS = [
  "kernel",
  "ports",
  "memory",
  "consent",
  "events",
  "state",
  "targeting",
  "segments",
  "stats",
  "bandits",
  "decisions",
  "engagement",
  "policy",
  "wire",
  "privacy",
  "service",
  "engine",
  "browser",
  "element",
  "openfeature",
  "testing",
];
const core = (room) => `^packages/core/src/${room}/`;
/** Tests and what only they import. */
const TEST =
  "\\.test\\.tsx?$|\\.test-d\\.ts$|\\.test\\.suite\\.ts$|\\.fixture\\.ts$|^packages/[^/]+/test/|^packages/server/src/testing/";

const roomOrder = ROOMS.slice(0, -1).map((room, index) => ({
  name: `core-room-order-${room}`,
  comment: `core/${room} may import only: ${ROOMS.slice(0, index + 1).join(", ")}`,
  severity: "error",
  from: { path: core(room), pathNot: TEST },
  to: { path: ROOMS.slice(index + 1).map(core) },
}));

/** Package → packages it may import. `examples` and `benchmarks` may import all. */
const ARROWS = {
  core: [],
  react: ["core"],
  ml: ["core"],
  "server-adapters": ["core"],
  server: ["core", "ml", "server-adapters"],
  dashboard: ["core"],
};
const arrows = Object.entries(ARROWS).map(([from, allowed]) => ({
  name: `package-arrow-${from}`,
  comment: `@attune/${from} may import only: ${["itself", ...allowed].join(", ")}`,
  severity: "error",
  from: { path: `^packages/${from}/` },
  to: { path: "^packages/", pathNot: [`^packages/${from}/`, ...allowed.map((name) => `^packages/${name}/`)] },
}));

/** Vendor → the one sub-path of server-adapters that may load it. */
const VENDORS = {
  lmdb: "lmdb",
  ioredis: "redis",
  "@aws-sdk/client-dynamodb": "dynamodb",
  "@aws-sdk/client-kms": "keys",
  kafkajs: "kafka",
  pg: "postgres",
};
const vendors = Object.entries(VENDORS).map(([vendor, folder]) => ({
  name: `adapters-keep-apart-${folder}`,
  comment: `Who uses no ${folder} loads none of it: one vendor per sub-path.`,
  severity: "error",
  from: { path: `^packages/server-adapters/src/(?!${folder}/)`, pathNot: TEST },
  to: { path: `node_modules/${vendor}/` },
}));

module.exports = {
  forbidden: [
    {
      name: "no-circular",
      comment: "A circle is two ideas that were not told apart.",
      severity: "error",
      from: {},
      to: { circular: true },
    },
    ...roomOrder,
    ...arrows,
    {
      name: "core-has-no-vendor",
      comment:
        "What a page loads at first has no runtime dependency; wire (schemas), privacy and service (keyed hashes) are the back end's. Vitals are measured by a library of their own, fetched late; consent/tcf loads the framework's library when it is used; openfeature names the types of OpenFeature's.",
      severity: "error",
      from: {
        path: "^packages/core/src/",
        pathNot: [
          core("wire"),
          core("privacy"),
          core("service"),
          core("consent/tcf"),
          core("openfeature"),
          "^packages/core/src/browser/capture/vitals\\.ts$",
          TEST,
        ],
      },
      to: { dependencyTypes: ["npm", "npm-dev", "npm-optional", "npm-peer", "core"] },
    },
    {
      name: "server-takes-adapters-only-at-its-edge",
      comment:
        "The server is handed its ports; only the command line and ./embedded load adapters. What answers are made of is no port: ./node writes them.",
      severity: "error",
      from: { path: "^packages/server/src/", pathNot: ["^packages/server/src/(cli|embedded)/", TEST] },
      to: { path: "^packages/server-adapters/", pathNot: "^packages/server-adapters/src/node/" },
    },
    ...vendors,
    { name: "not-to-tests", severity: "error", from: { pathNot: TEST }, to: { path: TEST } },
    {
      name: "resolvable",
      severity: "error",
      from: { path: "^packages/[^/]+/src/" },
      to: { couldNotResolve: true },
    },
  ],
  options: {
    tsConfig: { fileName: "tsconfig.json" },
    tsPreCompilationDeps: true,
    doNotFollow: { path: ["node_modules", "dist"] },
    exclude: { path: ["/dist/", "/\\.next/"] },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "types", "default"] },
  },
};
