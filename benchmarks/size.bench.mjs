import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const ENGINE = `export { createAttune } from "@attune/core";`;
const BROWSER = `${ENGINE} export { browser } from "@attune/core/browser";`;

const HOOKS = `PersonalizationProvider, Personalize, Experiment, Variant, useVariant, useDecision, useExposure, useSegment, useSegments, useSignals, useTrack, useConsent, useVisitor, useAttune`;
const REACT = `${BROWSER} export { ${HOOKS} } from "@attune/react";`;
const BANNER = `export { ConsentBanner, ConsentSettingsButton } from "@attune/react/consent";`;
const BANNER_LOOK = `@import "@attune/react/consent/styles.css";`;
/** kB that React may add to a page with the engine: its hooks and components, and what they use of core that is not there without them. */
const REACT_ADDS = 4;
/** kB of the consent banner with its default look. */
const BANNER_WITH_LOOK = 6;

/** Label, what is bundled, its budget in kB for the first load (null: none), and whether there is a part that comes later. */
const ENTRIES = [
  [
    "compileDecisions + decide, as a page has it first",
    `export { compileDecisions } from "@attune/core/decisions";`,
    5,
    false,
  ],
  [
    "compileRuleset + decide + explain, for rulesets with more than plain rules and splits",
    `export { compileRuleset } from "@attune/core/decisions";`,
    9.8,
    false,
  ],
  ["createAttune (consent, decide)", ENGINE, 10, true],
  ["createAttune + browser", BROWSER, 16, true],
  ["GrowthBook client", `export { GrowthBook } from "@growthbook/growthbook";`, null, false],
];

/**
 * Peers, each by what its README (posthog-js: the documentation that its README names) tells a page to import. React itself is left out for all.
 */
const PEERS = [
  [
    "@growthbook/growthbook-react (flags and experiments)",
    `export { GrowthBook, GrowthBookProvider, useFeatureIsOn, useFeatureValue, IfFeatureEnabled, FeatureString, useGrowthBook } from "@growthbook/growthbook-react";`,
  ],
  [
    "@openfeature/web-sdk (an interface to flags: who decides comes on top)",
    `export { OpenFeature } from "@openfeature/web-sdk";`,
  ],
  [
    "@openfeature/react-sdk (the same with React)",
    `export { OpenFeature, OpenFeatureProvider, useFlag, useBooleanFlagValue, FeatureFlag } from "@openfeature/react-sdk";`,
  ],
  ["posthog-js (capture and flags)", `import posthog from "posthog-js"; export { posthog };`],
  [
    "posthog-js with posthog-js/react",
    `import posthog from "posthog-js"; export { posthog }; export { PostHogProvider, usePostHog, useFeatureFlagEnabled, useFeatureFlagPayload } from "posthog-js/react";`,
  ],
];
const COOKIE_CONSENT = `import * as CookieConsent from "vanilla-cookieconsent"; globalThis.run = () => CookieConsent.run({});`;
const COOKIE_CONSENT_LOOK = `@import "vanilla-cookieconsent/dist/cookieconsent.css";`;

/** What a page with the engine has of core already; the words for the purposes are not among it. */
const besideEngine = {
  name: "beside-engine",
  setup({ onResolve }) {
    onResolve({ filter: /^@attune\/(core|react$)/ }, ({ path }) =>
      path === "@attune/core/policy" ? undefined : { path, external: true },
    );
  },
};

/** Leaves out what stands behind a dynamic import: bundlers make a chunk of its own of that. */
const withoutLater = {
  name: "without-later",
  setup({ onResolve }) {
    onResolve({ filter: /./ }, ({ kind, path }) =>
      kind === "dynamic-import" ? { path, external: true } : undefined,
    );
  },
};

async function kilobytes(contents, plugins = [], loader = "js") {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: import.meta.dirname, loader },
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    write: false,
    logLevel: "silent",
    // Else the workspace's sources would be bundled: hosts get what was built.
    tsconfigRaw: "{}",
    plugins,
    external: ["react", "react-dom", "react/jsx-runtime"],
  });
  return gzipSync(outputFiles[0].contents, { level: 9 }).length / 1000;
}

const within = (label, value, limit) => ({
  label,
  ok: value <= limit,
  target: `≤ ${limit} kB`,
  seen: `${value.toFixed(2)} kB`,
});

export async function run() {
  const rows = [];
  const checks = [];
  const unit = "kB min+gzip";
  for (const [label, contents, limit, split] of ENTRIES) {
    const value = await kilobytes(contents, [withoutLater]);
    rows.push({ label: split ? `${label}, first load` : label, value, unit });
    if (split) rows.push({ label: `${label}, in total`, value: await kilobytes(contents), unit });
    if (limit !== null) checks.push(within(label, value, limit));
  }
  const banner = (await kilobytes(BANNER, [besideEngine])) + (await kilobytes(BANNER_LOOK, [], "css"));
  rows.push({ label: "consent banner and its look, beside the engine", value: banner, unit });
  checks.push(within("consent banner and its look", banner, BANNER_WITH_LOOK));
  rows.push({
    label: "vanilla-cookieconsent and its look (its own state of consent included)",
    value: (await kilobytes(COOKIE_CONSENT)) + (await kilobytes(COOKIE_CONSENT_LOOK, [], "css")),
    unit,
  });
  const react = await kilobytes(REACT, [withoutLater]);
  rows.push({ label: "createAttune + browser + react, first load", value: react, unit });
  const whole =
    (await kilobytes(`${REACT} ${BANNER}`, [withoutLater])) + (await kilobytes(BANNER_LOOK, [], "css"));
  rows.push({ label: "the same with the consent banner and its look, first load", value: whole, unit });
  const later = (await kilobytes(`${REACT} ${BANNER}`)) + (await kilobytes(BANNER_LOOK, [], "css"));
  rows.push({ label: "the same, with all that comes later", value: later, unit });
  for (const [label, contents] of PEERS) rows.push({ label, value: await kilobytes(contents), unit });
  const adds = react - (await kilobytes(BROWSER, [withoutLater]));
  rows.push({ label: "react adds to createAttune + browser", value: adds, unit });
  checks.push(within("react adds", adds, REACT_ADDS));
  return { name: "Bytes a page loads", rows, checks };
}
