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

const HELP = `attune: personalization, on your own machine

  attune dev [options]           start the server with an embedded store and a dashboard
    --port N         port (default 4600; 0: any free one)
    --host NAME      address to listen on (default 127.0.0.1)
    --dir DIR        where data and keys live (default .attune)
    --memory         keep nothing on disk
    --ruleset FILE   publish this ruleset whenever its content differs, now and as the file changes
    --config FILE    JSON: host, port, origin, basePath, dir, ruleset, sites, consent, consentCategories (of a consent
                     platform), ofrep, retentionDays, limits, sampling (under load), sensitive (fields that are sealed),
                     proxy (its headers), models (trained by the clock), webhooks, ports (on which systems everything
                     is kept); { "env": "NAME" } reads the environment
    --simulate       let simulated visitors walk about
    --past N         where nobody was here yet, first make up a week of visits by N simulated visitors
    --shop FILE      JSON: the products and paths of the shop that they walk about in
    --json           print one JSON line when ready

  attune replay FILE [options]   send a recorded CSV or NDJSON file (.gz too) through a server
    --mapping NAME   what is what in the file: a JSON file, or the built-in rees46 or weblog
    --url URL --key KEY          to this server (default: one started for the purpose)
    --dir DIR        into this folder, without --url (default: memory)
    --ruleset FILE   publish this ruleset first, without --url
    --speed max|N    as fast as it goes (default), or N times recorded time
    --batch N        events a request (default 500)   --concurrency N  requests at once (default 4)
    --decide         ask for the decisions of each visitor after each batch, as pages do (with a secret key)
    --limit N        stop after N rows                --json           print the report as JSON

  attune analyze FILE [options]  all that can be said of an experiment, from a CSV or NDJSON file (.gz too) of users or of counts
    --mapping FILE   JSON, what is what in the file: variant, metrics, user, control, weights, dimensions and more
                     (docs/statistics.md); or in the line, which goes before it:
    --variant COLUMN             --user COLUMN        who it is, so that users who are there twice are found
    --metric COLUMN[:TYPE[:ROLE[:DIRECTION]]]         proportion, mean, revenue, count, or COLUMN/COLUMN for a ratio;
                     primary, secondary or guardrail; increase or decrease; may be given again
    --control NAME   --weights NAME=SHARE,…           default: even shares
    --dimension COLUMN           break the results down by it; may be given again
    --units COLUMN   each row is so many users, and metrics are sums over them
    --time COLUMN    --days N    how long it ran      --caring N   the least difference that matters (default 0.01)
    --planned N      users that were planned before it began, where the rule is sharpest (default 5000)
    --json           print everything as JSON

  attune policy FILE             the privacy policy in plain words, as Markdown, from what the site declares:
                                 JSON, or a module whose default export is what describePolicy takes
    --language CODE  en (default), de, fr or es       --json           its parts as JSON

  attune audit URL [options]     what a page stores, sends and reads in each state of consent, by a Chromium of this machine
    --policy FILE    JSON: the page's consent policy, and what needs which purpose
    --states A,B     of undecided, denied, one purpose alone, granted, gpc, gpc-granted, withdrawn (default all)
    --by record|banner           how consent is given: as another tab would (default), or by clicks in Attune's banner
    --seconds N      how long each state is watched (default 10)   --links N  how many links are followed (default 2)
    --at-once N      how many states at once (default 3)
    --browser PATH   this Chromium or Chrome (default: the one found)
    --out FILE       write the report as an HTML page to file      --json     print it as JSON

  attune serve [options]         the service over HTTP, for production
    --config FILE --dir DIR --port N --host NAME --ruleset FILE --json    as for attune dev
    --no-worker      leave the folding to attune worker

  attune worker [options]        fold what the log brings; any number at once, Ctrl+C ends it after the batch at hand
    --rebuild        instead, make everything that events have made anew, from the log; needs all others to be ended

  attune train NAME [options]    a model of what visitors will do, from what is kept of them; the first of its name is put in force, a later one
                                 is tried on a share of visitors where its report card is not worse
    --event NAME | --returns | --depth SHARE    what it predicts: an event, another visit, or how deep this visit goes
    --within DAYS    by when (default 7)              --days N         learn from the last N days alone
    --at N           predict at the N-th event of a visit (default 3)
    --share SHARE    of visitors who try it (default 0.1)              --metric NAME   the conversion that the trial is judged by
    --keep           keep it, and try it on nobody    --site NAME

  attune simulate --bad-canary NAME    put a version of a model with a fault on trial, and wait until the server has taken it back
    --fault KIND     log-odds in place of scores (default), or cut-off: a file that cannot be read
    --share SHARE    of visitors who get it (default 0.5)              --seconds N     how long is waited (default 60)
    --site NAME

  attune segment [options]       bring all stored visitors in line with the segments of the ruleset, as workers do when it changes
    --site NAME      of this site (default default)   --anew           from the beginning, also where all is done
    --take-over      also where another process may be at it still

  attune doctor [options]        check every configured system for what would lose data or break

  attune dead-letters list|replay    what was refused or could not be folded, and a second try
    --site NAME      of this site alone               --id ID          this one; may be given again

  attune backup --to DIR         copy an embedded back end while it runs
    --keys-to DIR    put the keys there, apart from what they protect

  attune keys rotate             a new key for what is sealed from now on   --site NAME

  attune audit-log verify        whether the log of what was done is whole  --site NAME
    --checkpoint FILE            against this one, kept elsewhere; may be given again
  attune audit-log checkpoint    what it has come to, signed, to be kept elsewhere

    From attune worker on, all of them take --config FILE, --dir DIR (default .attune) and --json.

  attune help [COMMAND]          this text, or what it says of one command
  attune --version               which version this is

  NO_COLOR is respected. Exit codes: 0 done, 1 failed, 2 called wrongly.`;

const COMMON = new Set([
  "worker",
  "train",
  "simulate",
  "segment",
  "doctor",
  "dead-letters",
  "backup",
  "keys",
  "audit-log",
]);

/** What the help says of one command; all of it for none. */
export function helpOf(command: string | undefined): string {
  const own = HELP.split("\n\n").filter((section) => section.startsWith(`  attune ${command} `));
  if (command === undefined || own.length === 0) return HELP;
  const common = "    --config FILE    --dir DIR (default .attune)    --json";
  return [...own, ...(COMMON.has(command) ? [common] : [])].join("\n");
}
