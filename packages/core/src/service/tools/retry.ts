import { AttuneError } from "../../kernel/errors.js";
import type { RandomSource } from "../../kernel/random.js";
import { sleep } from "./platform.js";

const ATTEMPTS = 12;

/**
 * Runs an optimistic write until it is not overtaken: the attempt gives null when it was. Between attempts it waits with full
 * jitter, up to half a second in the end.
 * @throws ATTUNE_SERVICE_CONTENTION after 12 attempts.
 */
export async function untilWritten<T>(attempt: () => Promise<T | null>, random: RandomSource): Promise<T> {
  for (let n = 0; n < ATTEMPTS; n++) {
    const result = await attempt();
    if (result !== null) return result;
    await sleep(random() * Math.min(500, 2 ** n));
  }
  throw new AttuneError(
    "ATTUNE_SERVICE_CONTENTION",
    "A record kept changing while it was to be written; try again, or spread the load over more partitions.",
  );
}
