/*
 * The back end: what a host calls from its own routes. Where to look, by what you want to know (each file's own head says more):
 *
 *   the whole, put together       create-service (what can be called) → create-context (what every part works with), run (what goes on by itself);
 *                                 options and results are the public types
 *   layout/    what lies where    partitions (where), records (what), kept-until (how long), stand-in (for whom), pseudonyms (under which name) ← stored-keys
 *
 *   door/      an event arrives   ingest → door → minimiser, device-clocks, narrow (consent), field-seals (sensitive)
 *              under load         load (what weighs), sampling (what is left out)
 *              who waits for it   waiting
 *   log/       in, and out        runs → packed-events, subject-keys; brief (what is kept for less than the rest)
 *   fold/      it is folded       worker → fold-runs → fold-batch → commit-visitor → read-visitor, plan-visitor (asks models) → fold-visitor (pure), contributions, body-hash
 *              it cannot be       fold-apart
 *   effects/   in other places    outbox → sessions, counter-names; left-effects (what a dead process left undone)
 *   letters/   it is refused      make-letter → letter-body, letter-fields, letter-subjects; letters (kept) → letter-seals, letter-mentions;
 *                                 replay-letters (listed, sent again)
 *
 *   rules/     what holds         decide → ruleset ← given-ruleset (the host's own), as-stored (JSON); assessments (segments); segments (one by one)
 *              what models say    scoring → score-calls; scores-of (one visitor)
 *   consent/   what was allowed   consent → subjects (who is meant), inherit-consent (a user's reaches a visitor)
 *   access/    what is kept       profile, export; visitor-tokens (who may see its own), handovers (to another domain), privacy-report (of all)
 *   erase/     it is erased       erase → erase-visitor → erase-records
 *   cache/     held in memory     visitor-cache → known-visitor, bounded-cache, seen, cache-counts
 *
 *   figures/   counts             summary → bound-summary, segment-floor; counter-totals
 *              over time          rollups, rollup-buckets (in the commit) → rollup-writer → rollup-shard, rollup-base; read-figure, figures (which)
 *
 *   experiments/ what is tried out  lifecycle (pure) ← experiments (kept); review → experiment-results → report-input, learn; measures (pure, in the fold) → wide-sum; experiment-sums (read)
 *
 *   live/      between processes  listen → notices; frames, subscribe
 *   upkeep/    by timers, by hand sweep, rebuild ← folding-claim (keeps all others off), audit, health;
 *              new segments       segmentation → segment-visitors
 *   tools/                        queue, retry, group-by, platform (timers), hook (the host's)
 */
export { hitRate } from "./cache/cache-counts.js";
export { createPersonalizationService } from "./create-service.js";
export { SEGMENT_FLOOR } from "./figures/segment-floor.js";
export { consentTextHash, verifyConsentReceipt } from "../privacy/index.js";
export { storedKeys } from "./layout/stored-keys.js";
export type * from "./options.js";
export type * from "./types.js";
