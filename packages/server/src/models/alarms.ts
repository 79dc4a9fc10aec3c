import type { Store } from "@attune/core/ports";
import { modelsPartition } from "@attune/ml/registry";

/** Of what the inputs are (`features`), of how often scores come true (`calibration`), or of how far they are off (`errors`). */
export type AlarmKind = "features" | "calibration" | "errors";

/** That a version in force is not what it was trained to be any more. Plain data; nobody is named in it. */
export interface ModelAlarm {
  readonly kind: AlarmKind;
  readonly version: string;
  /** Epoch ms of the latest that was found. */
  readonly at: number;
  /** Features that have shifted, in the order of the alphabet; empty for other kinds. */
  readonly features: readonly string[];
}

export interface Alarms {
  /** The alarm where it is news: none of the version stands yet, or none with these features. Null: it is known. Of several processes that find the same, one has news. */
  raise(site: string, name: string, found: ModelAlarm): Promise<ModelAlarm | null>;
  /** Those that stand, of whatever version. */
  of(site: string, name: string): Promise<ModelAlarm[]>;
}

const KEPT_MS = 90 * 86_400_000;
const keyOf = (name: string, kind = ""): string => `a/${name}/${kind}`;

/** Alarms in the store, the latest of each kind; of one version only ever more, so that processes that see different visitors do not tell the same in turns. */
export const createAlarms = (store: Store): Alarms => ({
  async raise(site, name, found) {
    const [partition, sort] = [modelsPartition(site), keyOf(name, found.kind)];
    const known = await store.get<ModelAlarm>(partition, sort);
    const isSame = known?.value.version === found.version;
    const before = isSame ? known.value.features : [];
    const features = [...new Set([...before, ...found.features])].sort();
    if (isSame && features.length === before.length) return null;
    const alarm = { ...found, features };
    const { written } = await store.put(partition, sort, alarm, {
      ifVersion: known?.version ?? 0,
      expiresAt: found.at + KEPT_MS,
    });
    return written ? alarm : null;
  },
  async of(site, name) {
    const found: ModelAlarm[] = [];
    for await (const { value } of store.scan<ModelAlarm>(modelsPartition(site), { prefix: keyOf(name) }))
      found.push(value);
    return found;
  },
});
