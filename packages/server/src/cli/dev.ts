import { parseArgs } from "node:util";
import { readJsonFile } from "./files.js";
import { type Host, startHost } from "./host.js";
import { interrupted } from "./interrupted.js";
import { placeOf } from "./place.js";
import { kindsOf } from "./ports/kinds.js";
import type { Terminal } from "./terminal.js";
import { wholeNumber } from "./usage.js";

const SIMULATED_PER_MINUTE = 60;
/** How long the end waits for the fold of what was acknowledged, ms. */
const SETTLE_MS = 5000;

/** `attune dev`: a server with everything in one process, until it is interrupted. */
export async function dev(args: string[], terminal: Terminal): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      port: { type: "string" },
      host: { type: "string" },
      dir: { type: "string" },
      memory: { type: "boolean", default: false },
      ruleset: { type: "string" },
      config: { type: "string" },
      simulate: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
    },
  });
  const { config, dir, ports } = await placeOf(values);
  const ruleset = values.ruleset ?? config.ruleset;
  const host = await startHost({
    dir: values.memory ? null : dir,
    port: values.port === undefined ? (config.port ?? 4600) : wholeNumber("port", values.port, 0, 65535),
    host: values.host ?? config.host ?? "127.0.0.1",
    dashboard: true,
    config,
    ...(ruleset !== undefined && { ruleset: await readJsonFile("ruleset", ruleset) }),
  });
  if (values.simulate) host.server.simulate(SIMULATED_PER_MINUTE);
  const data = config.ports
    ? Object.entries(kindsOf(ports))
        .map((role) => role.join(" "))
        .join(", ")
    : dir;
  announce(host, { ...values, dir, data }, terminal);
  await interrupted();
  terminal.err("Finishing what was acknowledged …");
  if (!(await host.close(SETTLE_MS))) {
    terminal.err(
      values.memory
        ? "Not everything that was acknowledged was folded in time."
        : "Not everything was folded in time; the rest is in the log and is folded at the next start.",
    );
  }
  return 0;
}

function announce(
  { url, origin, keys, server, hasDashboard }: Host,
  {
    json,
    memory,
    simulate,
    dir,
    data,
  }: { json: boolean; memory: boolean; simulate: boolean; dir: string; data: string },
  terminal: Terminal,
): void {
  const dashboard = hasDashboard ? server.signInUrl(origin) : null;
  if (json) {
    return terminal.out(
      JSON.stringify({ ready: true, url, dashboard, ...keys, pid: process.pid, simulated: simulate }),
    );
  }
  terminal.out(terminal.bold("Attune is ready"));
  terminal.out(`  server      ${url}`);
  terminal.out(`  dashboard   ${dashboard ?? "not built: install @attune/dashboard"}`);
  if (dashboard)
    terminal.out(terminal.dim("              this link signs one person in, once, within an hour"));
  terminal.out(`  write key   ${keys?.writeKey}`);
  terminal.out(`  secret key  ${memory ? keys?.secretKey : `in ${dir}/keys.json`}`);
  terminal.out(`  data        ${memory ? "in memory, gone when this ends" : data}`);
  if (simulate) terminal.out(`  visitors    simulated, ${SIMULATED_PER_MINUTE} a minute, marked as such`);
  terminal.out(terminal.dim("  Ctrl+C ends it."));
}
