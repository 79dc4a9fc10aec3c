import { toFailure } from "./errors.js";

/**
 * The promise, for so long; what it waits for is not called off.
 *
 * @throws AttuneError `ATTUNE_REDIS_CONNECTION` where it takes longer.
 */
export async function within<T>(promise: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const { error } = toFailure(new Error("Connection is closed."), false);
    timer = setTimeout(() => reject(error), Math.max(0, ms));
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
