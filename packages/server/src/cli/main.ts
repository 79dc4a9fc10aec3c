import { isAttuneError } from "@attune/core";
import { analyzeCommand } from "./analyze.js";
import { audit } from "./audit.js";
import { auditLog } from "./audit-log.js";
import { backup } from "./backup.js";
import { deadLetters } from "./dead-letters.js";
import { dev } from "./dev.js";
import { doctor } from "./doctor/doctor.js";
import { keysCommand } from "./keys-command.js";
import { policyCommand } from "./policy.js";
import { replayCommand } from "./replay.js";
import { segmentCommand } from "./segment.js";
import { serve } from "./serve.js";
import { simulateCommand } from "./simulate.js";
import { createTerminal, printableOnly, type Terminal } from "./terminal.js";
import { train } from "./train.js";
import { helpOf } from "./usage.js";
import { VERSION } from "../version.js";
import { workerCommand } from "./worker.js";

type Command = (args: string[], terminal: Terminal) => Promise<number>;

const help: Command = async ([command], terminal) => {
  terminal.out(helpOf(command));
  return 0;
};

const version: Command = async (_args, terminal) => {
  terminal.out(VERSION);
  return 0;
};

const COMMANDS: ReadonlyMap<string, Command> = new Map([
  ["dev", dev],
  ["serve", serve],
  ["worker", workerCommand],
  ["replay", replayCommand],
  ["segment", segmentCommand],
  ["analyze", analyzeCommand],
  ["dead-letters", deadLetters],
  ["backup", backup],
  ["keys", keysCommand],
  ["doctor", doctor],
  ["audit", audit],
  ["audit-log", auditLog],
  ["policy", policyCommand],
  ["train", train],
  ["simulate", simulateCommand],
  ["help", help],
  ["--help", help],
  ["-h", help],
  ["--version", version],
]);

/** Runs one command; the exit code. Expected failures are one message, others come with their stack. */
export async function main(args: readonly string[], given: Terminal = createTerminal()): Promise<number> {
  const terminal = printableOnly(given);
  const [name = "help", ...rest] = args;
  const command = COMMANDS.get(name);
  if (!command) {
    terminal.err(`There is no command ${name}. Try: attune help`);
    return 2;
  }
  const asksForHelp = rest.includes("--help") || rest.includes("-h");
  try {
    return await (asksForHelp ? help([name], terminal) : command(rest, terminal));
  } catch (error) {
    return explain(error, terminal);
  }
}

function explain(error: unknown, terminal: Terminal): number {
  const code = (error as { code?: unknown } | null)?.code;
  if (typeof code === "string" && code.startsWith("ERR_PARSE_ARGS")) {
    terminal.err(`${(error as Error).message}\nTry: attune help`);
    return 2;
  }
  if (isAttuneError(error)) {
    terminal.err(error.message);
    return error.code === "ATTUNE_CLI_USAGE" ? 2 : 1;
  }
  // The system's own errors say what and where in one line.
  if (typeof code === "string" && /^E[A-Z]+$/.test(code)) {
    terminal.err((error as Error).message);
    return 1;
  }
  terminal.err(error instanceof Error ? (error.stack ?? error.message) : String(error));
  return 1;
}
