import { grantedPurposes, sameGrants } from "./grants.js";
import { settleConsent } from "./settle.js";
import type { ConsentEngine, Grants } from "./types.js";

/** A consent platform that the host has already: it asks the person, keeps the answer and asks again when that is due. */
export interface ConsentPlatform {
  /**
   * Calls `tell` with what the person has decided: once with what the platform knows in this page, and after each change. `null` as long as there is
   * no decision: nothing changes then, and what holds is the rule of the region. May return what ends the listening.
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
 * What a platform tells first in a page may be older than a decision that was made here since, and that it has not been told of: that one can be
 * narrowed by it, not widened. What it tells from then on is new.
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
  let heard = false;
  let connected = true;

  const inform = (grants: Grants): void => {
    if (theirs && sameGrants(theirs, grants)) return;
    theirs = grants;
    attempt(() => platform.write?.(grants));
  };
  const tell = (decided: Grants | null): void => {
    const isFirst = !heard;
    heard = true;
    if (!connected || decided === null) return;
    theirs = decided;
    const { record, grants } = consent.state;
    if (!isFirst || record === null || record.source === "platform")
      return void settleConsent(consent, decided, "platform").catch(report);
    const refused = grantedPurposes(grants).filter((purpose) => !decided[purpose]);
    // Under the source of hosts: as the platform's own it would be widened by the next page.
    if (refused.length > 0) void consent.deny(refused, "api").catch(report);
    inform(consent.state.grants);
  };
  const stopWriting = consent.subscribe(({ record, grants }) => {
    if (record && record.source !== "platform") inform(grants);
  });
  const stopListening = attempt(() => platform.listen((decided) => void attempt(() => tell(decided))));

  return () => {
    connected = false;
    stopWriting();
    if (stopListening) attempt(stopListening);
  };
}
