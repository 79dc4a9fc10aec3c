import { sameGrants } from "./grants.js";
import { settleConsent } from "./settle.js";
import type { ConsentEngine, Grants } from "./types.js";

/** A consent platform that the host has already: it asks the person, keeps the answer and asks again when that is due. */
export interface ConsentPlatform {
  /**
   * Calls `tell` with what the person has decided: at once where that is known, and after each change. `null` as long as there is no
   * decision: nothing changes then, and what holds is the rule of the region. May return what ends the listening.
   */
  listen(tell: (decided: Grants | null) => void): (() => void) | void;
  /** Told of what was decided elsewhere (a withdrawal in the privacy centre, another tab, the browser's signal), for a platform that can be told. */
  write?(grants: Grants): void;
}

/**
 * Takes the decisions of a consent platform for those of this engine, with source `platform`, so that the site needs no banner of ours. Each is
 * an answer about every purpose of the policy; what Global Privacy Control denies stays denied. Starts the engine. When to ask again is
 * the platform's business: give the policy an `expiresAfterMs` no shorter than the platform's.
 *
 * @param report Told of what the platform throws, and of what could not be kept; neither reaches the page.
 * @returns What ends it; decisions stay as they are.
 */
export function connectConsentPlatform(
  engine: ConsentEngine,
  platform: ConsentPlatform,
  report: (error: unknown) => void = () => undefined,
): () => void {
  const { consent } = engine;
  const attempt = <T>(task: () => T): T | undefined => {
    try {
      return task();
    } catch (error) {
      report(error);
      return undefined;
    }
  };
  engine.start();
  /** What the platform is known to hold. */
  let theirs: Grants | null = null;
  let connected = true;

  const tell = (decided: Grants | null): void => {
    if (!connected || decided === null) return;
    theirs = decided;
    void settleConsent(consent, decided, "platform").catch(report);
  };
  const stopWriting = consent.subscribe(({ record, grants }) => {
    if (!record || record.source === "platform" || (theirs && sameGrants(theirs, grants))) return;
    theirs = grants;
    attempt(() => platform.write?.(grants));
  });
  const stopListening = attempt(() => platform.listen((decided) => void attempt(() => tell(decided))));

  return () => {
    connected = false;
    stopWriting();
    if (stopListening) attempt(stopListening);
  };
}
