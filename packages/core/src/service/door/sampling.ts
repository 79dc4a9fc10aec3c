import type { Event, KnownEventName } from "../../events/types.js";
import { AttuneError } from "../../kernel/errors.js";
import { fnv1a32 } from "../../kernel/hash.js";
import { isReadByName } from "../../state/index.js";

/** When the service counts as under pressure, and what it then does. A bound that is left out is not looked at. */
export interface SamplingOptions {
  /** Log entries that are not folded yet. */
  lag?: number;
  /** Batches that are being taken in at once. */
  inFlight?: number;
  /** How long the log takes to make a batch durable, ms. */
  appendMs?: number;
  /** The smallest share of events that is kept, 2⁻³² to 1 (default 1/16). */
  least?: number;
  /** Event names of the host's that are always kept, such as its own conversions. */
  keep?: readonly string[];
}

/** What weighs on the service now. */
export type Pressure = Readonly<Record<"lag" | "inFlight" | "appendMs", number>>;

/** The share of sampleable events that is kept: halved while anything is above its bound, doubled while all is below half of it. */
export interface Sampling {
  /** A power of ½, so that what is kept at one rate is kept at every higher one too, and weights are whole numbers. */
  rate(): number;
  /** Once a second at most it is judged anew. */
  told(pressure: Pressure): void;
  /**
   * The events that are kept, each with its weight; all of them at rate 1.
   *
   * @param isRead Whether something is measured by events of this name, so that none may be left out.
   */
  keep<T extends { event: Event }>(admitted: readonly T[], isRead?: (name: string) => boolean): T[];
}

const STEP_MS = 1000;
const DEFAULT_LEAST = 1 / 16;
/** Places of events are no finer than this. */
const SMALLEST = 2 ** -32;

/** Passive events that are evidence of something all the same. */
const EVIDENCE: readonly KnownEventName[] = [
  "Variant Assigned",
  "Variant Rendered",
  "Variant Exposed",
  "Consent Changed",
  "Visitor Identified",
  "Cart Viewed",
];

/** Whether events of this name may be left out under load: they carry no feature, no conversion, no exposure, no identity, no consent. */
export const isSampleable = (name: string, keep: readonly string[] = []): boolean =>
  !isReadByName(name) && !(EVIDENCE as readonly string[]).includes(name) && !keep.includes(name);

/** The event's place in [0, 1), by its id alone: a retry is judged as the first try was. */
function placeOf(id: string): number {
  // Finished as MurmurHash3 does: ids that are counted up differ in their last characters only.
  let hash = fnv1a32(id, fnv1a32("sampling"));
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}

const wrong = (message: string, option: string): AttuneError =>
  new AttuneError("ATTUNE_SERVICE_SAMPLING", message, { path: `/sampling/${option}` });

/** @throws ATTUNE_SERVICE_SAMPLING for bounds or a smallest share that are none. */
export function createSampling(options: SamplingOptions, now: () => number): Sampling {
  const { least = DEFAULT_LEAST, keep = [] } = options;
  if (!(least >= SMALLEST && least <= 1))
    throw wrong("The smallest share of events that is kept lies between 2^-32 and 1, as in 1/16.", "least");
  const bounds = (["lag", "inFlight", "appendMs"] as const).flatMap((name) => {
    const bound = options[name];
    if (bound === undefined) return [];
    if (typeof bound === "number" && bound >= 0) return [[name, bound] as const];
    throw wrong(
      "A bound for sampling is a number from 0; leave it out where it is not to be looked at.",
      name,
    );
  });
  if (!Array.isArray(keep)) throw wrong("Name the events that are always kept in a list.", "keep");
  let rate = 1;
  let judgedAt = Number.NEGATIVE_INFINITY;
  return {
    rate: () => rate,
    told(pressure) {
      if (Math.abs(now() - judgedAt) < STEP_MS) return;
      judgedAt = now();
      if (bounds.some(([name, bound]) => pressure[name] > bound)) {
        if (rate / 2 >= least) rate /= 2;
      } else if (rate < 1 && bounds.every(([name, bound]) => pressure[name] <= bound / 2)) rate *= 2;
    },
    keep(admitted, isRead = () => false) {
      if (rate === 1) return [...admitted];
      return admitted.filter(({ event }) => {
        if (!isSampleable(event.name, keep) || isRead(event.name)) return true;
        if (placeOf(event.id) >= rate) return false;
        event.weight = 1 / rate;
        return true;
      });
    },
  };
}
