import type { Log } from "../ports/log.js";
import type { ConformanceCase, ConformanceClock } from "./conformance.js";

export type LogCapabilities = Pick<Log["capabilities"], "durable" | "erase">;

export interface LogContext {
  log: Log;
  clock: ConformanceClock;
  capabilities: LogCapabilities;
  reopen(): Promise<Log>;
}

export type LogNeed = "durable" | "erase";
export type LogCase = ConformanceCase<LogContext, LogNeed>;
