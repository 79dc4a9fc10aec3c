import { systemClock } from "../kernel/clock.js";
import { createDevelopmentReport } from "../kernel/development.js";
import { AttuneError } from "../kernel/errors.js";
import { createIdSource } from "../kernel/ids.js";
import { createSecureRandom } from "../kernel/random.js";
import { safeReport } from "../kernel/safe-report.js";
import { memoryChannel } from "../memory/index.js";
import { createWrapping } from "../privacy/index.js";
import { createVisitorTokens } from "./access/visitor-tokens.js";
import { createBoundedCache } from "./cache/bounded-cache.js";
import { createVisitorCache } from "./cache/visitor-cache.js";
import { createReceiptSigner } from "./consent/receipts.js";
import type { ServiceContext } from "./context.js";
import { createFieldSeals, type FieldSeals } from "./door/field-seals.js";
import { sensitiveFields } from "./door/sensitive.js";
import { createRollups } from "./figures/rollup-writer.js";
import { createPseudonyms } from "./layout/pseudonyms.js";
import { storedKeys } from "./layout/stored-keys.js";
import { createLetterSeals } from "./letters/letter-seals.js";
import { createSubjectKeys, type SubjectKeys } from "./log/subject-keys.js";
import type { ServiceOptions } from "./options.js";
import { createAssessments } from "./rules/assessments.js";
import { createScoring } from "./rules/scoring.js";
import { createKeyedQueue } from "./tools/queue.js";
import { createAudit } from "./upkeep/audit.js";
import { createFoldingClaim } from "./upkeep/folding-claim.js";

const DAY_MS = 86_400_000;
const MIN_RETENTION_MS = 7 * DAY_MS;
/** Times that far from now are still times to every store and log. */
const MAX_RETENTION_MS = 36_525 * DAY_MS;
/** Hours of counter shards that are remembered as noted. */
const DUE_NOTED = 10_000;

function checkedStores({ stores }: ServiceOptions): ServiceOptions["stores"] {
  // Hosts in JavaScript may have left it out.
  if ((stores as Partial<ServiceOptions["stores"]> | undefined)?.hot) return stores;
  throw new AttuneError(
    "ATTUNE_SERVICE_STORES",
    "A service needs a store: hand in { stores: { hot: memoryStore() } } from @attune/core/memory, or an adapter's.",
    { path: "/stores/hot" },
  );
}

function checkedRetention({ retentionMs = 395 * DAY_MS }: ServiceOptions): number {
  if (typeof retentionMs === "number" && retentionMs >= MIN_RETENTION_MS && retentionMs <= MAX_RETENTION_MS)
    return retentionMs;
  throw new AttuneError(
    "ATTUNE_SERVICE_RETENTION",
    "retentionMs is a number of milliseconds from 7 days, so that no event takes effect twice, to 100 years.",
    { path: "/retentionMs" },
  );
}

/** Null where no field is sensitive. */
function fieldSealsOf(
  { sensitive = [] }: ServiceOptions,
  subjectKeys: SubjectKeys | null,
): FieldSeals | null {
  const fields = sensitiveFields(sensitive);
  if (fields.length === 0) return null;
  if (subjectKeys !== null) return createFieldSeals(subjectKeys, fields);
  throw new AttuneError(
    "ATTUNE_SERVICE_SENSITIVE",
    "Fields can be sensitive only where keys are kept apart from the data: hand in `keys` with wrapping keys (fileKeys or kmsKeys of @attune/server-adapters).",
    { path: "/sensitive" },
  );
}

/**
 * What every part of the service works with, from the host's options.
 * @throws ATTUNE_SERVICE_STORES, ATTUNE_SERVICE_RETENTION, ATTUNE_SERVICE_SENSITIVE and ATTUNE_SERVICE_CACHE, as `createPersonalizationService` says.
 */
export function createContext(options: ServiceOptions): ServiceContext {
  const { clock = systemClock } = options;
  const stores = checkedStores(options);
  const retentionMs = checkedRetention(options);
  const report = safeReport(options.report ? options : { report: createDevelopmentReport() });
  const durable = stores.durable ?? stores.hot;
  const keys = options.keys ?? storedKeys(durable);
  const wrapping = keys.wrapping && createWrapping({ wrapping: keys.wrapping.bind(keys) }, clock);
  const random = createSecureRandom();
  const subjectKeys = wrapping ? createSubjectKeys({ hot: stores.hot, clock, retentionMs }, wrapping) : null;
  let channel = options.channel ?? null;
  const series = options.series ?? null;
  const queue = createKeyedQueue();
  const ids = createIdSource(clock, random);
  const visitors = createVisitorCache({ hot: stores.hot, clock, channel }, options.cache?.visitors);
  return {
    hot: stores.hot,
    durable,
    log: options.log ?? null,
    series,
    rollups: series === null ? null : createRollups({ hot: stores.hot, clock, queue, report }, series),
    get channel() {
      return channel;
    },
    liveChannel: () => (channel ??= memoryChannel({ report })),
    clock,
    random,
    ids,
    keys,
    pseudonyms: createPseudonyms(keys),
    receipts: createReceiptSigner(keys, report),
    tokens: createVisitorTokens(keys, clock),
    audit: createAudit({ durable, keys, clock, random, queue, report }),
    subjectKeys,
    letterSeals: wrapping ? createLetterSeals({ hot: stores.hot, clock }, wrapping) : null,
    fields: fieldSealsOf(options, subjectKeys),
    visitors,
    assessments: createAssessments(),
    scoring: options.scorers === undefined ? null : createScoring(options.scorers, report),
    claim: createFoldingClaim({ hot: stores.hot, clock, ids, visitors }),
    queue,
    retentionMs,
    dueNoted: createBoundedCache(DUE_NOTED),
    lost: { entries: 0 },
    report,
  };
}
