import type { TestRunner } from "./conformance.js";
import type { FastCheck } from "./fast-check.js";
import { type HistoryOptions, registerHistories } from "./histories.js";
import type { LogUnderTest } from "./log-conformance.js";
import { logModel } from "./log-model.js";
import { agreeOnAll, type LogHistory, logSteps } from "./log-steps.js";
import { withPort } from "./under-test.js";

export interface LogHistoriesOptions extends LogUnderTest, HistoryOptions {}

/**
 * T13: generated histories of calls run against the log and against a pure model of the port, and must agree after each step: append,
 * read, consumers whose handlers take some batches and fail, committed, lag, trim, dead letters; erase where the log can; closing and
 * opening again where `durable`. Few shards (`make` a log of two or three) make histories quick and let keys meet.
 */
export function logHistories(runner: TestRunner, fc: FastCheck, options: LogHistoriesOptions): void {
  const { capabilities } = options;
  registerHistories<LogHistory>(runner, fc, {
    title: `log histories: ${options.name}`,
    options,
    steps: logSteps(fc, capabilities, options.clock === undefined),
    around: (run) =>
      withPort(options, ({ port, clock, reopen }) =>
        run({ log: port, clock, capabilities, reopen, model: logModel(), appended: 0 }),
      ),
    finish: agreeOnAll,
  });
}
