import type { ConsentState } from "../consent/types.js";
import { collecting } from "./collecting.js";
import type { CreateRecording, Recording, RecordingContext } from "./recording/types.js";
import { eraseTraces, readVisitorId, type Visitor } from "./visitor-traces.js";

/** Fetches the part that records and learns. */
export type FetchRecording = () => Promise<CreateRecording>;

/** What the recording needs beside what the gate itself gives it. */
export interface RecordingGateOptions
  extends Omit<RecordingContext, "erased" | "visitor" | "hold" | "release"> {
  fetchRecording: FetchRecording;
}

/**
 * Stands before the part that records: fetches it, holds calls back until it is there, and does without it what must not wait for it.
 * Where it cannot be fetched, the visitor is whom the cookie names, and nothing is recorded.
 */
export interface RecordingGate {
  /** Null as long as it is not there. */
  recording(): Recording | null;
  /** As known; null where consent allows none to be. */
  visitor(): Visitor | null;
  /** Fetches the recording, once. Resolves when it knows what the device knew, or could not be fetched, which is reported. */
  load(): Promise<void>;
  /** Consent has changed. Resolves when everything is in line with it, on the device too. */
  consented(before: ConsentState, after: ConsentState, erase: boolean): Promise<void>;
  /**
   * Runs the task at once, or when the recording has what it needs; with null where there is none. It must not throw. `valid`: what it was
   * asked for under still holds; what happens before a visitor may be known must not be recorded after, nor the other way round.
   */
  inTurn<T>(task: (recording: Recording | null, valid: boolean) => Promise<T>): Promise<T>;
  /** Nothing of the visitor is left, here and on the device. */
  forget(): Promise<void>;
  /** Delivers what there is, and rests. */
  close(): Promise<void>;
}

export function createRecordingGate(options: RecordingGateOptions): RecordingGate {
  const { host, fetchRecording, changed, letGo } = options;
  let recording: Recording | null = null;
  let loading: Promise<void> | null = null;
  /** Calls held back; null while none needs to be. */
  let waiting: (() => void)[] | null = [];
  /** The visitor may be known. */
  let open = false;
  let period = 0;
  let visitor: Visitor | null = null;
  let erased: Promise<void> = Promise.resolve();

  const release = (): void => {
    const tasks = waiting ?? [];
    waiting = null;
    for (const task of tasks) task();
  };
  const load = (): Promise<void> =>
    (loading ??= fetchRecording()
      .then((create) => {
        recording = create({
          ...options,
          ...{ erased, visitor, release },
          hold() {
            waiting ??= [];
          },
        });
        return recording.begin(open);
      })
      .catch((error) => {
        host.report(error);
        changed();
        release();
      }));
  const erase = (): Promise<void> => {
    period++;
    visitor = null;
    return (erased = eraseTraces(host));
  };

  return {
    recording: () => recording,
    visitor: () => (recording ? recording.visitor() : visitor),
    load,
    async consented(before, after, erasing) {
      const known = collecting(after.grants);
      const ends = open && !known;
      if (known !== open) period++;
      open = known;
      if (recording) return recording.consented(before, after, erasing);
      if (known) {
        const id = readVisitorId(host);
        if (id) visitor ??= { id, traits: {}, preferences: {} };
        await load();
      } else if (ends || erasing) await erase();
    },
    inTurn(task) {
      if (!waiting) return task(recording, true);
      void load();
      const mine = period;
      return new Promise((resolve) => {
        waiting?.push(() => resolve(task(recording, mine === period)));
      });
    },
    forget() {
      letGo();
      return recording ? recording.forget() : erase();
    },
    async close() {
      if (open) await load();
      await recording?.close();
      host.attempt(() => host.environment.storage?.close());
    },
  };
}
