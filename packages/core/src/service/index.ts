/*
 * The back end: what a host calls from its own routes. Where to look, by what you want to know (each file's own head says more):
 *
 *   the whole, put together       create-service, create-context → context (what every part works with), types and options (the public ones)
 *   what lies where               partitions (where), records (what), kept-until (how long)
 *
 *   an event arrives              ingest → door → minimiser, device-clocks, pseudonyms (keys), narrow (consent), field-seals (sensitive)
 *     under load                  load (what weighs), sampling (what is left out)
 *     into the log, and out       runs → packed-events, subject-keys
 *     who waits for its outcome   waiting
 *   an event is folded            worker → fold-runs → fold-batch → commit-visitor → read-visitor, fold-visitor (pure), contributions, body-hash
 *     that cannot be              fold-apart
 *     elsewhere than the visitor  outbox → sessions, counter-names, inherit-consent; left-effects (what a dead process left undone)
 *   an event is refused           dead-letter (made) → letter-body, letter-fields, letter-subjects; letters (kept) → letter-seals, letter-mentions;
 *                                 dead-letters (listed, replayed)
 *
 *   what holds for a visitor      decide → ruleset, assessments; profile; export; consent → subjects (who is meant)
 *     held in memory              visitor-cache → known-visitor, bounded-cache, seen, cache-counts
 *   somebody is erased            erase → erase-visitor → erase-records
 *
 *   counts                        summary → bound-summary
 *   counts over time              rollups, rollup-buckets (in the commit) → rollup-writer → rollup-shard, rollup-base; series (read), figures (which)
 *
 *   between processes             listen → notices; frames, subscribe (live); folding-claim (a rebuild keeps all others off)
 *   upkeep                        sweep, rebuild, audit, health
 *   tools                         queue, retry, effects (grouping), platform (timers)
 */
export { hitRate } from "./cache-counts.js";
export { createPersonalizationService } from "./create-service.js";
export { storedKeys } from "./keys.js";
export type * from "./options.js";
export type * from "./types.js";
