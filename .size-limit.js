/*
 * Sizes as a host's page has them: from the built packages, minified, gzip level 9. A host's bundler puts what stands behind a dynamic
 * import into a chunk of its own; "first load" leaves that chunk out and counts everything that must be there before the page can render,
 * decide and take consent. The lines with the part that records count both together.
 */

/** Without splitting, a dynamic import is bundled in place. What the packages import of each other is found as a host finds it: built. */
const everything = (config) => ({ ...config, format: "esm", logLevel: "error", tsconfigRaw: "{}" });

const firstLoad = (config) => ({
  ...everything(config),
  plugins: [
    {
      name: "first-load",
      setup({ onResolve }) {
        onResolve({ filter: /./ }, ({ kind, path }) =>
          kind === "dynamic-import" ? { path, external: true } : undefined,
        );
      },
    },
  ],
});

/** What some rulesets take (more than plain slots, models) is a chunk for those alone. */
const withoutMore = (config) => ({
  ...everything(config),
  plugins: [
    {
      name: "without-more",
      setup({ onResolve }) {
        onResolve({ filter: /compile-ruleset|page-models/ }, ({ kind, path }) =>
          kind === "dynamic-import" ? { path, external: true } : undefined,
        );
      },
    },
  ],
});

const CORE = "packages/core/dist/index.js";
const BROWSER = "packages/core/dist/browser/index.js";
const createAttune = { path: CORE, import: "{ createAttune }", gzip: true };
const inBrowser = {
  path: BROWSER,
  import: { [CORE]: "{ createAttune }", [BROWSER]: "{ browser }" },
  gzip: true,
};
/** The parts of core that a page with the engine has already; the words for the purposes are not among them. */
const besideEngine = (config) => ({
  ...everything(config),
  plugins: [
    {
      name: "beside-engine",
      setup({ onResolve }) {
        onResolve({ filter: /^@attune\/core/ }, ({ path }) =>
          path === "@attune/core/policy" ? undefined : { path, external: true },
        );
      },
    },
  ],
});

const REACT = "packages/react/dist/index.js";
const HOOKS_AND_COMPONENTS =
  "{ PersonalizationProvider, Personalize, Experiment, Variant, useVariant, useDecision, useExposure, useSegment, useSegments, useSignals, useTrack, useConsent, useVisitor, useAttune }";
const ignore = ["react", "react-dom", "@attune/core", "@attune/core/*"];

export default [
  {
    // What a page has from the first moment: targeting, rules and splits.
    name: "compileDecisions + decide",
    path: "packages/core/dist/decisions/index.js",
    import: "{ compileDecisions }",
    limit: "5 kB",
    gzip: true,
    modifyEsbuildConfig: everything,
  },
  {
    // An alarm of our own: every gate and policy, regular expressions and explanations. A page fetches it where a ruleset takes more than the line above.
    name: "compileRuleset + decide + explain, with all that there is",
    path: "packages/core/dist/decisions/index.js",
    import: "{ compileRuleset }",
    limit: "9.8 kB",
    gzip: true,
    modifyEsbuildConfig: everything,
  },
  {
    name: "createAttune + consent + decide, first load",
    ...createAttune,
    limit: "10 kB",
    modifyEsbuildConfig: firstLoad,
  },
  {
    name: "createAttune + browser, first load",
    ...inBrowser,
    limit: "16 kB",
    modifyEsbuildConfig: firstLoad,
  },
  {
    // An alarm of our own, not a promise. Up from 21.7: variants can be forced and personas tried by tools, a slot says whether it is settled, what is sent is let go of as a page leaves, weights of events, pushed rulesets; pages look after each other's queue, segments that the server finds correct the page's own; what only the server could decide; rulesets that take more than the first load, whose part is not counted here; who was assigned, shown and held out is told.
    name: "createAttune with the part that records",
    ...createAttune,
    limit: "28.2 kB",
    modifyEsbuildConfig: withoutMore,
  },
  {
    // An alarm of our own, not a promise. Up from 26.1: capture knows nine kinds more, and web-vitals (2.9 kB) is counted; turns of pages, room on a full device, compressed batches, the stream of new rulesets and segments (each fetched where it is needed), the watch over the queue of killed pages; stages of experiments; consent is looked at before anything is sent.
    name: "createAttune + browser with the part that records",
    ...inBrowser,
    limit: "43.7 kB",
    modifyEsbuildConfig: withoutMore,
  },
  {
    // The budget is 16 kB for the browser and 4 kB for what React adds, which is more than @attune/react: what keeps slots steady is core's.
    // The limit is nearer to what stands; `npm run bench -- size` prints the difference itself.
    name: "createAttune + browser + react (all hooks and components), first load",
    path: BROWSER,
    import: { ...inBrowser.import, [REACT]: HOOKS_AND_COMPONENTS },
    ignore: ["react", "react-dom"],
    limit: "18.6 kB",
    gzip: true,
    modifyEsbuildConfig: firstLoad,
  },
  {
    name: "react (all hooks and components), without core",
    path: REACT,
    import: HOOKS_AND_COMPONENTS,
    ignore,
    limit: "2.6 kB",
    gzip: true,
  },
  {
    name: "what keeps slots steady, from core (React and <attune-slot>)",
    path: BROWSER,
    import: "{ createSteadySlot, createTransitions, whenSeen }",
    limit: "2.4 kB",
    gzip: true,
    modifyEsbuildConfig: everything,
  },
  {
    name: "<attune-slot>, with what keeps it steady",
    path: "packages/core/dist/element/index.js",
    import: "{ defineAttuneSlot }",
    limit: "3.1 kB",
    gzip: true,
    modifyEsbuildConfig: everything,
  },
  {
    name: "react devtools, until they are opened",
    path: "packages/react/dist/devtools/index.js",
    import: "{ AttuneDevtools }",
    ignore,
    limit: "2.5 kB",
    gzip: true,
    modifyEsbuildConfig: firstLoad,
  },
  {
    name: "react consent banner",
    path: "packages/react/dist/consent/index.js",
    import: "{ ConsentBanner, ConsentSettingsButton }",
    ignore: ["react", "react-dom", "@attune/react"],
    limit: "3.3 kB",
    gzip: true,
    modifyEsbuildConfig: besideEngine,
  },
  {
    name: "react consent banner, its look",
    path: "packages/react/dist/consent/styles.css",
    limit: "1.6 kB",
    gzip: true,
  },
  {
    name: "react privacy centre, with what it shows of consent",
    path: "packages/react/dist/consent/index.js",
    import: "{ PrivacyCenter }",
    ignore: ["react", "react-dom", "@attune/react"],
    limit: "4.8 kB",
    gzip: true,
    modifyEsbuildConfig: besideEngine,
  },
  {
    name: "links to other domains of the site, and arriving by one",
    path: "packages/core/dist/browser/handover/index.js",
    import: "{ createLinker, withHandover }",
    limit: "2 kB",
    gzip: true,
    modifyEsbuildConfig: everything,
  },
  {
    name: "scripts that wait for consent",
    path: "packages/core/dist/browser/index.js",
    import: "{ gateScripts }",
    limit: "1 kB",
    gzip: true,
    modifyEsbuildConfig: everything,
  },
  {
    name: "consent by a platform's __tcfapi, first load",
    path: "packages/core/dist/consent/tcf/index.js",
    import: {
      "packages/core/dist/consent/tcf/index.js": "{ tcfPlatform }",
      "packages/core/dist/consent/index.js": "{ connectConsentPlatform }",
    },
    limit: "1.5 kB",
    gzip: true,
    modifyEsbuildConfig: firstLoad,
  },
  {
    name: "beta distribution function and quantile",
    path: "packages/core/dist/stats/index.js",
    import: "{ betaCdf, betaQuantile }",
    limit: "4 kB",
    gzip: true,
    modifyEsbuildConfig: everything,
  },
  {
    name: "typed client",
    path: "packages/server/dist/client/index.js",
    import: "{ createClient }",
    limit: "3 kB",
    gzip: true,
    modifyEsbuildConfig: everything,
  },
];
