import type { Log } from "../ports/log.js";
import { type ConformanceClock, register, type Skips, type TestRunner } from "./conformance.js";
import { createFakeClock } from "./fake-clock.js";
import type { LogCapabilities, LogContext, LogNeed } from "./log-case.js";
import { logConsumeCases } from "./log-cases-consume.js";
import { logRecordCases } from "./log-cases-record.js";

export interface LogConformanceOptions {
  /** Shown in the titles. */
  name: string;
  /** A fresh, empty log that reads the given clock. */
  make(context: { clock: ConformanceClock }): Promise<Log>;
  /** The adapter's own declaration; checked against what the log says of itself. */
  capabilities: LogCapabilities;
  /** Opens again what the last `make` made, after it was closed. Needed where `durable`. */
  reopen?(context: { clock: ConformanceClock }): Promise<Log>;
  /** Cleans up after a case whose log is already closed. */
  dispose?(): Promise<void>;
  /** Where the engine keeps its own time (default: a fake clock for each case). */
  clock?: ConformanceClock;
  skips?: Skips;
}

/** What every `Log` must do, run against the real engine. Its cases name the behaviour they check. */
export function logConformance(runner: TestRunner, options: LogConformanceOptions): void {
  const { capabilities } = options;
  register<LogContext, LogNeed>(runner, {
    title: `log conformance: ${options.name}`,
    cases: [...logRecordCases, ...logConsumeCases],
    lacking: {
      ...(!capabilities.durable && { durable: "the adapter declares that nothing outlives it" }),
      ...(capabilities.erase !== "delete" && { erase: "the adapter erases by destroying keys" }),
    },
    skips: options.skips ?? {},
    async around(run) {
      const clock = options.clock ?? createFakeClock();
      let log = await options.make({ clock });
      const reopen = async (): Promise<Log> => {
        await log.close();
        if (options.reopen === undefined)
          throw new Error("A durable log needs `reopen` in its conformance options.");
        log = await options.reopen({ clock });
        return log;
      };
      try {
        await run({ log, clock, capabilities, reopen });
      } finally {
        await log.close();
        await options.dispose?.();
      }
    },
  });
}
