import { parseArgs } from "node:util";
import { reportTo } from "./failure.js";
import { tuneHeap } from "../heap.js";
import { readJsonFile } from "./files.js";
import { startHost } from "./host.js";
import { interrupted } from "./interrupted.js";
import { PLACE_OPTIONS, placeOf } from "./place.js";
import { kindsOf } from "./ports/kinds.js";
import type { Terminal } from "./terminal.js";
import { wholeNumber } from "./usage.js";

/** How long the end waits for the fold of what was acknowledged, ms. */
const SETTLE_MS = 5000;

/** `attune serve`: the service over HTTP, for production; folds as well unless `--no-worker`. */
export async function serve(args: string[], terminal: Terminal): Promise<number> {
  tuneHeap();
  const { values } = parseArgs({
    args,
    options: {
      ...PLACE_OPTIONS,
      port: { type: "string" },
      host: { type: "string" },
      ruleset: { type: "string" },
      "no-worker": { type: "boolean", default: false },
    },
  });
  const { config, dir, ports } = await placeOf(values);
  const ruleset = values.ruleset ?? config.ruleset;
  const worker = !values["no-worker"];
  const hasKeys = Object.values(config.sites ?? {}).some(
    ({ writeKeys = [], secretKeys = [] }) => writeKeys.length + secretKeys.length > 0,
  );
  const host = await startHost({
    dir,
    port: values.port === undefined ? (config.port ?? 4600) : wholeNumber("port", values.port, 0, 65535),
    host: values.host ?? config.host ?? "127.0.0.1",
    dashboard: true,
    config,
    worker,
    ownKeys: !hasKeys,
    report: reportTo(terminal),
    ...(ruleset !== undefined && { ruleset: await readJsonFile("ruleset", ruleset) }),
  });
  const ended = interrupted();
  const kinds = kindsOf(ports);
  if (values.json)
    terminal.out(
      JSON.stringify({
        ready: true,
        url: host.url,
        pid: process.pid,
        worker,
        ports: kinds,
        dashboard: host.hasDashboard,
      }),
    );
  else {
    terminal.out(terminal.bold("Attune is serving"));
    terminal.out(`  server      ${host.url}`);
    terminal.out(`  keys        ${hasKeys ? "those of the configuration" : `in ${dir}/keys.json`}`);
    terminal.out(
      `  data        ${Object.entries(kinds)
        .map(([role, kind]) => `${role} ${kind}`)
        .join(", ")}`,
    );
    terminal.out(`  folding     ${worker ? "here" : "elsewhere: attune worker"}`);
    terminal.out(terminal.dim("  Ctrl+C ends it."));
  }
  await ended;
  terminal.err(worker ? "Finishing what was acknowledged …" : "Ending …");
  if (!(await host.close(SETTLE_MS)))
    terminal.err(
      "Not everything was folded in time; the rest is in the log and is folded by the next worker.",
    );
  return 0;
}
