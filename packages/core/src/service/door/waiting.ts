import { within } from "../tools/platform.js";
import type { EventOutcome } from "../types.js";

/** What becomes of the entries that one ingest call has appended and waits for. */
export interface Expectation {
  /** Names an entry, by its place among those of the call. */
  token(index: number): string;
  /** The outcomes known within the time; `pending` for the others. */
  outcomes(ms: number): Promise<EventOutcome[]>;
  /** To be called in the end: nothing is waited for any more. */
  forget(): void;
}

/** The ingest calls of this service that wait for the fold. */
export interface Waiting {
  /** The name by which other services tell this one outcomes. */
  readonly service: string;
  expect(count: number): Expectation;
  /** False where the token is another service's. */
  tell(token: string, outcome: EventOutcome): boolean;
}

/** The service that waits by this token. */
export const serviceOf = (token: string): string => token.split("/").slice(0, -2).join("/");

/** What timers can be set to: 24 days. */
const LONGEST_MS = 2 ** 31 - 1;

interface Call {
  known: EventOutcome[];
  left: number;
  done(): void;
}

/** @param prefix Sets this service's tokens apart from those of others over the same log. */
export function createWaiting(prefix: string): Waiting {
  const calls = new Map<string, Call>();
  let last = 0;
  return {
    service: prefix,
    expect(count) {
      const name = `${prefix}/${++last}`;
      const known = new Array<EventOutcome>(count).fill("pending");
      const all = new Promise<void>((done) => calls.set(name, { known, left: count, done }));
      return {
        token: (index) => `${name}/${index}`,
        async outcomes(ms) {
          // What is no number waits for nothing; a timer set to more than it can count would end at once.
          await within(all, ms > 0 ? Math.min(ms, LONGEST_MS) : 0, null);
          return [...known];
        },
        forget: () => void calls.delete(name),
      };
    },
    tell(token, outcome) {
      const end = token.lastIndexOf("/");
      const call = calls.get(token.slice(0, end));
      const index = Number(token.slice(end + 1));
      // A batch that comes again tells of its entries again: the first time counts.
      if (call?.known[index] === "pending") {
        call.known[index] = outcome;
        if (--call.left === 0) call.done();
      }
      return serviceOf(token) === prefix;
    },
  };
}
