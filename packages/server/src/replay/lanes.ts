import { shardOf } from "@attune/core/memory";

export interface LaneOptions<T> {
  /** Batches in flight at once. */
  lanes: number;
  batch: number;
  send(items: readonly T[]): Promise<void>;
}

/** Sends items in batches, several at a time, while those of one key stay in order: a key has one lane, a lane one batch in flight. */
export interface Lanes<T> {
  /** A promise where the sender is behind and has to be waited for. */
  push(key: string, item: T): Promise<void> | undefined;
  /** Sends what is waiting; resolves when everything has been taken. @throws the first failure of `send`. */
  flush(): Promise<void>;
}

export function createLanes<T>({ lanes, batch, send }: LaneOptions<T>): Lanes<T> {
  const waiting: T[][] = Array.from({ length: lanes }, () => []);
  const inFlight: Promise<void>[] = Array.from({ length: lanes }, () => Promise.resolve());
  let failure: { error: unknown } | null = null;

  const dispatch = async (lane: number): Promise<void> => {
    await inFlight[lane];
    if (failure) throw failure.error;
    const items = waiting[lane] as T[];
    if (items.length === 0) return;
    waiting[lane] = [];
    inFlight[lane] = send(items).catch((error: unknown) => {
      failure ??= { error };
    });
  };

  return {
    push(key, item) {
      const lane = shardOf(key, lanes);
      const items = waiting[lane] as T[];
      return items.push(item) >= batch ? dispatch(lane) : undefined;
    },
    async flush() {
      await Promise.all(waiting.map((_, lane) => dispatch(lane)));
      await Promise.all(inFlight);
      if (failure) throw (failure as { error: unknown }).error;
    },
  };
}
