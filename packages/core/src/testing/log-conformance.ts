import type { Log } from "../ports/log.js";
import { register, type Skips, type TestRunner } from "./conformance.js";
import type { LogCapabilities, LogContext, LogNeed } from "./log-case.js";
import { logConsumeCases } from "./log-cases-consume.js";
import { logRecordCases } from "./log-cases-record.js";
import { type UnderTest, withPort } from "./under-test.js";

export type LogUnderTest = UnderTest<Log, LogCapabilities>;

export interface LogConformanceOptions extends LogUnderTest {
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
    around: (run) =>
      withPort(options, ({ port, clock, reopen }) => run({ log: port, clock, capabilities, reopen })),
  });
}
