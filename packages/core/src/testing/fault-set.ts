import type { ActiveFault, Fault, FaultDirection, FaultPlace } from "./fault-types.js";

/** The faults that are set, and who waits for that to change. */
export interface FaultSet {
  set(fault: Fault, place: FaultPlace): void;
  /** Takes away those of a type and place; all where none is named. */
  clear(type?: Fault["type"], place?: FaultPlace): void;
  /** The fault of a type that holds for a direction of a connection; the one set last, where several do. */
  find<T extends Fault["type"]>(
    type: T,
    at: { connection: number; direction: FaultDirection },
  ): ActiveFault<Extract<Fault, { type: T }>> | undefined;
  has(type: Fault["type"]): boolean;
  /** Says that the fault has done what it does; after the last of its `times` it is gone. */
  strike(active: ActiveFault): void;
  /** Resolves at the next change, or after so many ms. */
  change(ms?: number): Promise<void>;
  /** Wakes all who wait. */
  wake(): void;
}

export function faultSet(): FaultSet {
  let active: readonly ActiveFault[] = [];
  let waiting: (() => void)[] = [];

  const replace = (next: readonly ActiveFault[]): void => {
    active = next;
    wake();
  };
  const wake = (): void => {
    const woken = waiting;
    waiting = [];
    for (const each of woken) each();
  };
  const isAt = (a: FaultPlace, b: FaultPlace): boolean =>
    a.direction === b.direction && a.connection === b.connection;

  return {
    set(fault, place) {
      const others = active.filter((each) => each.fault.type !== fault.type || !isAt(each.place, place));
      replace([{ fault, place, strikes: 0, passed: new Map() }, ...others]);
    },
    clear(type, place) {
      const goes = (each: ActiveFault): boolean =>
        (type === undefined || each.fault.type === type) && (place === undefined || isAt(each.place, place));
      replace(active.filter((each) => !goes(each)));
    },
    find<T extends Fault["type"]>(type: T, at: { connection: number; direction: FaultDirection }) {
      return active.find(
        ({ fault, place }) =>
          fault.type === type &&
          (place.direction ?? at.direction) === at.direction &&
          (place.connection ?? at.connection) === at.connection,
      ) as ActiveFault<Extract<Fault, { type: T }>> | undefined;
    },
    has: (type) => active.some(({ fault }) => fault.type === type),
    strike(struck) {
      struck.strikes++;
      const times = "times" in struck.fault ? struck.fault.times : undefined;
      if (times !== undefined && struck.strikes >= times) replace(active.filter((each) => each !== struck));
    },
    change: (ms) =>
      new Promise((resolve) => {
        const timers = globalThis as unknown as {
          setTimeout(callback: () => void, ms: number): unknown;
          clearTimeout(handle: unknown): void;
        };
        let handle: unknown;
        const done = (): void => {
          timers.clearTimeout(handle);
          waiting = waiting.filter((each) => each !== done);
          resolve();
        };
        if (ms !== undefined) handle = timers.setTimeout(done, ms);
        waiting.push(done);
      }),
    wake,
  };
}
