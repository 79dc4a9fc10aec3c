import { AttuneError } from "@attune/core";

/** A command that was called wrongly: its message is shown without a stack, with exit code 2. */
export class UsageError extends AttuneError {
  constructor(message: string, cause?: unknown) {
    super("ATTUNE_CLI_USAGE", message, { cause });
    this.name = "UsageError";
  }
}

/** A whole number from the command line within bounds. */
export function wholeNumber(name: string, text: string, from: number, to: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= from && value <= to) return value;
  throw new UsageError(`--${name} is a whole number from ${from} to ${to}.`);
}

export const HELP = `attune: personalization, on your own machine

  attune dev [options]           start the server with an embedded store and a dashboard
    --port N         port (default 4600; 0: any free one)
    --host NAME      address to listen on (default 127.0.0.1)
    --dir DIR        where data and keys live (default .attune)
    --memory         keep nothing on disk
    --ruleset FILE   publish this ruleset whenever its content differs, now and as the file changes
    --config FILE    JSON: host, port, origin, basePath, dir, ruleset, sites, consent, retentionDays, limits
    --simulate       let simulated visitors walk about
    --shop FILE      JSON: the products and paths of the shop that they walk about in
    --json           print one JSON line when ready

  attune replay FILE [options]   send a recorded CSV or NDJSON file (.gz too) through a server
    --mapping NAME   what is what in the file: a JSON file, or the built-in rees46 or weblog
    --url URL --key KEY          to this server (default: one started for the purpose)
    --dir DIR        into this folder, without --url (default: memory)
    --ruleset FILE   publish this ruleset first, without --url
    --speed max|N    as fast as it goes (default), or N times recorded time
    --batch N        events a request (default 500)   --concurrency N  requests at once (default 4)
    --limit N        stop after N rows                --json           print the report as JSON

  attune help                    this text

  NO_COLOR is respected. Exit codes: 0 done, 1 failed, 2 called wrongly.`;
