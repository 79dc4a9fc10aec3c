import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { createClient } from "../replay/client.js";
import type { Mapping } from "../replay/mapping.js";
import { replay, type ReplayOptions } from "../replay/replay.js";
import { openRows } from "../replay/rows.js";
import { compileMapping } from "../replay/to-event.js";
import { columnsOf, validateMapping } from "../replay/validate-mapping.js";
import { reportTo } from "./failure.js";
import { issueLines, readJsonFile } from "./files.js";
import { type Host, startHost } from "./host.js";
import { onInterrupt } from "./interrupted.js";
import { fileOf } from "./named-file.js";
import { showReport } from "./show-report.js";
import { bar, number, type Terminal } from "./terminal.js";
import { UsageError, wholeNumber } from "./usage.js";

const WAIT_MS = 30_000;

const OPTIONS = {
  mapping: { type: "string" },
  url: { type: "string" },
  key: { type: "string" },
  dir: { type: "string" },
  ruleset: { type: "string" },
  speed: { type: "string", default: "max" },
  batch: { type: "string", default: "500" },
  concurrency: { type: "string", default: "4" },
  limit: { type: "string" },
  decide: { type: "boolean", default: false },
  json: { type: "boolean", default: false },
} as const;

/** How long the end waits for the fold of what was acknowledged, ms. */
const SETTLE_MS = 60_000;

const parse = (args: string[]) => parseArgs({ args, allowPositionals: true, options: OPTIONS });
type Values = ReturnType<typeof parse>["values"];

/** `attune replay FILE`: a recorded file through the real endpoint; exit code 1 if rows are not accounted for, or were left out since it was interrupted or the file cannot be read to its end. */
export async function replayCommand(args: string[], terminal: Terminal): Promise<number> {
  const { values, positionals } = parse(args);
  const file = fileOf(positionals, "replay");
  checkServer(values);
  const settings = await settingsOf(values, file, terminal);
  const host = values.url === undefined ? await hostFor(values, terminal) : null;
  const url = host?.url ?? (values.url as string);
  const key = host?.keys?.secretKey ?? (values.key as string);
  const client = createClient({ url, key, connections: settings.concurrency, waitMs: WAIT_MS });
  const ending = new AbortController();
  const { signal: ended } = ending;
  const stop = onInterrupt(() => {
    terminal.err("Ended before the end of the file; finishing what was read …");
    ending.abort();
  });
  try {
    const cacheStats = host?.server.service.cacheStats ?? null;
    const report = await replay({ ...settings, client, cacheStats, ended });
    terminal.status("");
    if (values.json) terminal.out(JSON.stringify(report));
    else showReport(report, terminal);
    if (report.endedEarly !== null) terminal.err(report.endedEarly);
    return report.balanced && report.endedEarly === null && !ended.aborted ? 0 : 1;
  } finally {
    stop();
    client.close();
    if (host !== null) await end(host, values.dir !== undefined, terminal);
  }
}

/** What was sent is mostly folded by now; what cannot be folded must not keep the command from ending. */
async function end(host: Host, isKept: boolean, terminal: Terminal): Promise<void> {
  terminal.status("Finishing what was acknowledged …");
  const isSettled = await host.close(SETTLE_MS);
  terminal.status("");
  if (isSettled) return;
  const rest = isKept
    ? "the rest is in the log and is folded at the next start"
    : "the rest is gone with this process";
  terminal.err(`Not everything was folded within ${SETTLE_MS / 1000} s; ${rest}.`);
}

/** What is read from the file, and how it is sent. */
async function settingsOf(values: Values, file: string, terminal: Terminal) {
  const mapping = values.mapping === undefined ? null : await readMapping(values.mapping);
  const format = mapping?.format ?? (/\.(ndjson|jsonl)(\.gz)?$/.test(file) ? "ndjson" : "csv");
  if (!mapping && format === "csv") throw new UsageError("A CSV file needs --mapping: what is what in it.");
  const columns = format === "ndjson" && mapping ? [...columnsOf(mapping).keys()] : mapping?.columns;
  return {
    source: await openRows(file, {
      format,
      ...(columns && { columns }),
      ...(mapping?.delimiter !== undefined && { delimiter: mapping.delimiter }),
    }),
    mapping: mapping && ((columns: readonly string[]) => compile(mapping, columns, format)),
    batch: wholeNumber("batch", values.batch, 1, 1000),
    concurrency: wholeNumber("concurrency", values.concurrency, 1, 64),
    limit:
      values.limit === undefined ? Number.POSITIVE_INFINITY : wholeNumber("limit", values.limit, 1, 1e12),
    decide: values.decide,
    speed: speedOf(values.speed),
    onProgress: (share, rows) => terminal.status(`${bar(share)} ${number(rows)} rows`),
  } satisfies Omit<ReplayOptions, "client" | "cacheStats" | "ended">;
}

/** A server started for the purpose. */
const hostFor = async ({ dir, ruleset }: Values, terminal: Terminal): Promise<Host> =>
  startHost({
    dir: dir ?? null,
    port: 0,
    host: "127.0.0.1",
    report: reportTo(terminal),
    ...(ruleset !== undefined && { ruleset: await readJsonFile("ruleset", ruleset) }),
  });

/** Either a server that runs, with a key, or one that is started here. */
function checkServer(given: { url?: string; key?: string; dir?: string; ruleset?: string }): void {
  const { url, key, dir, ruleset } = given;
  if (url === undefined) {
    if (key !== undefined) throw new UsageError("--key is for the server that --url names.");
    return;
  }
  if (dir !== undefined || ruleset !== undefined)
    throw new UsageError("--url names a running server; --dir and --ruleset are for one started here.");
  if (key === undefined) throw new UsageError("--url needs --key.");
  if (!/^[\x21-\x7e]+$/.test(key))
    throw new UsageError("--key is made of visible ASCII characters; copy it once more.");
  if (!/^https?:$/.test(URL.canParse(url) ? new URL(url).protocol : ""))
    throw new UsageError("--url is the address of a server, as in http://127.0.0.1:4600.");
}

async function readMapping(given: string): Promise<Mapping> {
  const builtIn = /^[\w-]+$/.test(given)
    ? fileURLToPath(new URL(`../../mappings/${given}.json`, import.meta.url))
    : null;
  const file = builtIn !== null && existsSync(builtIn) ? builtIn : given;
  const result = validateMapping(await readJsonFile("mapping", file));
  if (result.ok) return result.value;
  throw new UsageError(`The mapping ${given} is not right:\n${issueLines(result.error)}`);
}

/** Columns can be checked only against the file itself. */
function compile(mapping: Mapping, columns: readonly string[], format: "csv" | "ndjson") {
  if (format === "csv") {
    for (const [column, path] of columnsOf(mapping)) {
      if (!columns.includes(column)) {
        throw new UsageError(
          `The mapping is not right:\n  ${path} names the column "${column}"; the file has: ${columns.join(", ") || "no header line"}`,
        );
      }
    }
  }
  return compileMapping(mapping, columns);
}

function speedOf(given: string): number {
  if (given === "max") return Number.POSITIVE_INFINITY;
  const speed = Number(given.replace(/[x×]$/, ""));
  if (speed > 0 && Number.isFinite(speed)) return speed;
  throw new UsageError("--speed is max, or how many times as fast as recorded time: 60, 60x.");
}
