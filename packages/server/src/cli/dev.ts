import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { secureRandom } from "@attune/core";
import type { PersonalizationService } from "@attune/core/service";
import { makeUpPast } from "../simulate/past.js";
import type { SimulatedShop } from "../simulate/shop.js";
import { validateShop } from "../simulate/validate-shop.js";
import { withBackEnd } from "./back-end.js";
import { reportTo } from "./failure.js";
import { issueLines, readJsonFile } from "./files.js";
import { type Host, publish, startHost } from "./host.js";
import { interrupted } from "./interrupted.js";
import { type Place, placeOf } from "./place.js";
import { kindsOf } from "./ports/kinds.js";
import { publicationLines, watchFile } from "./ruleset-file.js";
import type { Terminal } from "./terminal.js";
import { UsageError, wholeNumber } from "./usage.js";

/** Some two or three events a second: as many as a person can read. */
const SIMULATED_PER_MINUTE = 6;
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
      past: { type: "string" },
      shop: { type: "string" },
      json: { type: "boolean", default: false },
    },
  });
  const { config, dir, ports } = await placeOf(values);
  const ruleset = values.ruleset ?? config.ruleset;
  const models = (config.models?.train ?? []).map(({ name }) => name);
  const past = values.past === undefined ? 0 : wholeNumber("past", values.past, 1, 100_000);
  const shop = values.shop === undefined ? undefined : await readShop(values.shop);
  const made = { visitors: past, shop, terminal };
  // Before anything is trained or shown: from then on it is as if it had been so all along.
  if (past > 0 && !values.memory) await pastIn({ config, dir, ports }, made);
  const host = await startHost({
    dir: values.memory ? null : dir,
    port: values.port === undefined ? (config.port ?? 4600) : wholeNumber("port", values.port, 0, 65535),
    host: values.host ?? config.host ?? "127.0.0.1",
    dashboard: true,
    config,
    report: reportTo(terminal),
    ...(ruleset !== undefined && { ruleset: await readJsonFile("ruleset", ruleset) }),
    ...(shop && { shop }),
  });
  if (past > 0 && values.memory) await pastOn(host.server.service, made);
  const stopWatching =
    ruleset === undefined
      ? null
      : watchFile(
          ruleset,
          async () => {
            const loaded = await publish(host.server, await readJsonFile("ruleset", ruleset));
            for (const line of publicationLines(ruleset, loaded, models)) terminal.err(line);
          },
          (error) => terminal.err((error as Error).message),
        );
  if (values.simulate) host.server.simulate(SIMULATED_PER_MINUTE);
  const data = config.ports
    ? Object.entries(kindsOf(ports))
        .map((role) => role.join(" "))
        .join(", ")
    : dir;
  announce(host, { ...values, dir, data }, terminal);
  if (ruleset !== undefined && host.published)
    for (const line of publicationLines(ruleset, host.published, models)) terminal.err(line);
  const stopListening = values.json ? () => {} : linksOnRequest(host, terminal);
  await interrupted();
  stopListening();
  stopWatching?.();
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
  { url, origin, keys, server, hasDashboard, published }: Host,
  given: { json: boolean; memory: boolean; simulate: boolean; dir: string; data: string },
  terminal: Terminal,
): void {
  const { json, memory, simulate, dir, data } = given;
  const dashboard = hasDashboard ? server.signInUrl(origin) : null;
  if (json) {
    return terminal.out(
      JSON.stringify({ ready: true, url, dashboard, ...keys, pid: process.pid, simulated: simulate }),
    );
  }
  terminal.out(terminal.bold("Attune is ready"));
  terminal.out(`  server      ${url}`);
  terminal.out(`  dashboard   ${dashboard ?? "none: the package @attune/dashboard is not installed"}`);
  if (dashboard)
    terminal.out(terminal.dim("              this link signs one person in, once, within an hour"));
  terminal.out(
    `  ruleset     ${published ? `revision ${published.revision}; the file is watched` : "none yet: give one with --ruleset FILE"}`,
  );
  terminal.out(`  write key   ${keys?.writeKey}`);
  terminal.out(terminal.dim("              public: give it to pages as writeKey"));
  terminal.out(`  secret key  ${memory ? keys?.secretKey : `in ${dir}/keys.json`}`);
  terminal.out(`  data        ${memory ? "in memory, gone when this ends" : data}`);
  if (simulate) terminal.out(`  visitors    simulated, ${SIMULATED_PER_MINUTE} a minute, marked as such`);
  const more = dashboard && process.stdin.isTTY ? "  d and Enter prints a new dashboard link. " : "  ";
  terminal.out(terminal.dim(`${more}Ctrl+C ends it.`));
}

interface Past {
  visitors: number;
  shop: SimulatedShop | undefined;
  terminal: Terminal;
}

/** What simulated visitors did before this server was there, where nothing is kept of anybody. */
async function pastOn(service: PersonalizationService, { visitors, shop, terminal }: Past): Promise<void> {
  if ((await service.summary()).visitors > 0) return;
  terminal.err(`Making up a week of visits by ${visitors} simulated visitors …`);
  await makeUpPast({ service, visitors, shop, clock: { now: () => Date.now() }, random: secureRandom });
}

/** The same on what the server will stand on. */
const pastIn = ({ config: { models: _, ...config }, ...place }: Place, past: Past): Promise<void> =>
  withBackEnd({ ...place, config, worker: true, report: reportTo(past.terminal) }, ({ service }) =>
    pastOn(service, past),
  );

async function readShop(file: string): Promise<SimulatedShop> {
  const checked = validateShop(await readJsonFile("shop", file));
  if (checked.ok) return checked.value;
  throw new UsageError(`The shop ${file} is not right:\n${issueLines(checked.error)}`);
}

/** On a terminal, `d` and Enter prints a new sign-in link. Gives what ends it. */
function linksOnRequest({ origin, server, hasDashboard }: Host, terminal: Terminal): () => void {
  if (!hasDashboard || process.stdin.isTTY !== true) return () => {};
  const lines = createInterface({ input: process.stdin, terminal: false });
  lines.on("line", (line) => {
    if (line.trim() === "d") terminal.out(`  dashboard   ${server.signInUrl(origin)}`);
  });
  return () => lines.close();
}
