export interface RoundsOptions {
  /** Does a part of the round; true if there is more of it. */
  part(): boolean;
  /** How long to rest after a round, ms. Under 1: not at all. */
  restMs(): number;
}

export interface Rounds {
  /** Something is to be done: in this turn of the event loop, or, while a round or its rest lasts, in one more round right after it. */
  ask(): void;
  close(): void;
}

/**
 * Work that is worth doing together: the first to ask has it done at once, who asks soon after it is served with all others. Other work
 * gets its turn between two parts.
 */
export function createRounds({ part, restMs }: RoundsOptions): Rounds {
  let busy = false;
  let asked = false;
  let next: NodeJS.Immediate | null = null;
  let resting: ReturnType<typeof setTimeout> | null = null;

  function begin(): void {
    busy = true;
    next = setImmediate(() => {
      asked = false;
      go();
    });
  }
  function go(): void {
    if (part()) {
      next = setImmediate(go);
      return;
    }
    next = null;
    const rest = restMs();
    if (rest < 1) settle();
    else resting = setTimeout(settle, rest).unref();
  }
  function settle(): void {
    resting = null;
    busy = false;
    if (asked) begin();
  }

  return {
    ask() {
      asked = true;
      if (!busy) begin();
    },
    close() {
      if (next !== null) clearImmediate(next);
      if (resting !== null) clearTimeout(resting);
      busy = true;
    },
  };
}
