import { isAttuneError } from "@attune/core";
import type { Terminal } from "./terminal.js";

/** A failure of background work as one line: what it is called and how it is cured. Others come with their stack. */
export const reportTo =
  (terminal: Terminal) =>
  (error: unknown): void => {
    if (isAttuneError(error)) return terminal.err(`${error.code}: ${error.message}`);
    terminal.err(error instanceof Error ? (error.stack ?? error.message) : String(error));
  };
