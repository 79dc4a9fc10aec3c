import { type GoogleConsentMode, toGoogleConsentMode } from "./google.js";
import { NO_GRANTS } from "./grants.js";
import type { ConsentEngine } from "./types.js";

export interface GoogleConsentOptions {
  /** The page's data layer (default: the global `dataLayer`, made where there is none). */
  layer?: unknown[];
  /** How long tags hold back their first hit for an update, ms (default 500). */
  waitForUpdateMs?: number;
}

const DENIED: GoogleConsentMode = /* @__PURE__ */ Object.freeze(
  /* @__PURE__ */ toGoogleConsentMode(NO_GRANTS),
);

/** Google's tags know a command by its being an `arguments` object; an array of the same is data to them. */
const commandOf: (what: "consent", how: "default" | "update", signals: object) => unknown = function () {
  return arguments;
};

const isDefault = (entry: unknown): boolean => {
  const [what, how] = Array.from(Object(entry) as ArrayLike<unknown>);
  return what === "consent" && how === "default";
};

/**
 * The text of a script for the head of the page, before any of Google's tags (Consent Mode v2, T28): everything that needs permission is denied for everyone,
 * wherever they are, until {@link connectGoogleConsent} says what holds. For pages whose tags may load before the engine does. It is the
 * same for everybody, so that its hash can stand in a Content-Security-Policy.
 */
export const googleConsentDefaults = (waitForUpdateMs = 500): string =>
  `window.dataLayer=window.dataLayer||[];(function(){dataLayer.push(arguments)})("consent","default",${JSON.stringify(
    { ...DENIED, wait_for_update: waitForUpdateMs },
  )});`;

/**
 * Tells Google's tags what holds: defaults that deny where the page has set none yet, then an update at once and one after each change. Which
 * region asks for what is worked out here, by the policy, so Google's own regional defaults are not needed. Starts the engine.
 *
 * @returns What ends it.
 */
export function connectGoogleConsent(engine: ConsentEngine, options: GoogleConsentOptions = {}): () => void {
  const page = globalThis as { dataLayer?: unknown[] };
  const layer = options.layer ?? (page.dataLayer ??= []);
  if (!layer.some(isDefault))
    layer.push(
      commandOf("consent", "default", { ...DENIED, wait_for_update: options.waitForUpdateMs ?? 500 }),
    );
  engine.start();
  let told = "";
  const update = (): void => {
    const signals = toGoogleConsentMode(engine.consent.state);
    const text = JSON.stringify(signals);
    if (text === told) return;
    told = text;
    layer.push(commandOf("consent", "update", signals));
  };
  update();
  return engine.consent.subscribe(update);
}
