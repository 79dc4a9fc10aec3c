import { AttuneError } from "../../kernel/errors.js";
import { fnv1a32 } from "../../kernel/hash.js";

/*
 * Where things are. A site's partitions:
 *   {site}/v/{visitor}   one visitor: state, consent, key, traits, events, conflicts, links, tombstone, sessions left
 *   {site}/u/{user}      one user: linked visitors, consent, tombstone
 *   {site}/c/{n}         counters, sharded by visitor, with how far each visitor's are applied, and when who is counted in segments is due to leave them; their rollups
 *   {site}/s/{n}         sessions that clients named, sharded by session, with their count; their rollups
 *   {site}/meta          the ruleset, and the experiments that people define
 *   {site}/audit         the audit log and its latest checkpoint
 *   {site}/letters       daily keys of the dead letters
 *   {site}/handover/{id}  that a visitor was handed over to another domain: gone soon, and names nobody
 *   {site}/probe         what health checks write and remove
 * Keys of the log are a visitor's partition, or {site}/brief/{hour} for events that are kept for less than others and gone by then.
 * Keys of pseudonyms, where the store keeps them, are in `_/keys`, what upkeep has yet to do in `_/upkeep`, who folds at present in `_/work`,
 * the sites with rollups in `_/rollups`; no site can be called `_`.
 */

/** Changing a shard count needs a migration: what is applied where is remembered per shard. */
export const COUNTER_SHARDS = 8;
export const SESSION_SHARDS = 8;
export const KEYS = "_/keys";
export const UPKEEP = "_/upkeep";
export const WORK = "_/work";
export const ROLLUPS = "_/rollups";

const SITE = /^[a-z0-9][a-z0-9._-]{0,62}$/i;

/** @throws ATTUNE_SERVICE_SITE where a name could reach into another site's partitions. */
export function checkSite(site: string | undefined): string {
  if (site === undefined) return "default";
  // Hosts in JavaScript may have given null, which reads as a name.
  if (typeof site === "string" && SITE.test(site)) return site;
  throw new AttuneError(
    "ATTUNE_SERVICE_SITE",
    "A site is named by 1 to 63 letters, digits, dots, dashes or underscores, starting with a letter or digit.",
  );
}

export const visitorPartition = (site: string, visitor: string): string => `${site}/v/${visitor}`;
/** Whose partition it is; null where it is no visitor's. */
export function visitorOf(partition: string): { site: string; visitor: string } | null {
  const [, site, visitor] = /^([^_/][^/]*)\/v\/(.+)$/.exec(partition) ?? [];
  return site === undefined || visitor === undefined ? null : { site, visitor };
}

/** The log's key for events that are gone within the hour that ends then, in hours since the epoch. */
export const briefKey = (site: string, hour: number): string => `${site}/brief/${hour}`;

export const userPartition = (site: string, user: string): string => `${site}/u/${user}`;
export const counterShard = (site: string, shard: number): string => `${site}/c/${shard}`;
export const sessionShard = (site: string, shard: number): string => `${site}/s/${shard}`;
export const metaPartition = (site: string): string => `${site}/meta`;
export const auditPartition = (site: string): string => `${site}/audit`;
export const lettersPartition = (site: string): string => `${site}/letters`;
export const handoverPartition = (site: string, id: string): string => `${site}/handover/${id}`;
export const probePartition = (site: string): string => `${site}/probe`;
/** What a probe could not remove again is gone after this, ms. */
export const PROBE_MS = 60_000;

export const counterPartitionOf = (site: string, visitor: string): string =>
  counterShard(site, fnv1a32(visitor) % COUNTER_SHARDS);
export const sessionPartitionOf = (site: string, session: string): string =>
  sessionShard(site, fnv1a32(session) % SESSION_SHARDS);

/** Sort keys. Those that end in a slash are prefixes. */
export const SORT = {
  state: "state",
  traits: "traits",
  consent: "consent",
  key: "key",
  used: "used",
  tombstone: "tombstone",
  ruleset: "ruleset",
  segmentation: "segmentation",
  rulesetHistory: "r/",
  experiment: "experiment/",
  experimentHistory: "experiment-history/",
  learning: "learning/",
  event: "e/",
  conflict: "x/",
  consentHistory: "c/",
  user: "user/",
  left: "l/",
  visitor: "v/",
  applied: "a/",
  count: "n/",
  due: "d/",
  bucket: "m/",
  removed: "removed",
  session: "s/",
  gone: "t/",
  effects: "effects",
  claim: "w/",
  brief: "b/",
  rebuild: "rebuild",
  rebuilt: "rebuilt",
} as const;
