import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root, run } from "../lib/run.mjs";
import { located, startPostgres, startRedis } from "./programs.mjs";
import { SECRET_KEY, startServer } from "./server.mjs";

const shared = process.env.ATTUNE_SHARED ?? join(root, "..", "shared");
const attune = join(root, "packages", "server", "bin", "attune.js");
const nothing = async () => undefined;

/** Each store with the log that belongs to it; null where its program is missing. */
const STORES = {
  memory: async () => ({ settings: { store: "memory", log: "memory", retain: 2000 }, stop: nothing }),
  lmdb: async (dir) => ({ settings: { store: "lmdb", log: "lmdb", dir, sealed: true }, stop: nothing }),
  async redis() {
    if (located.redis() === null) return null;
    const server = await startRedis(located.redis());
    return {
      settings: { store: "redis", log: "redis", redis: server.port, sealed: true },
      stop: () => server.stop(),
    };
  },
  async postgres() {
    if (located.postgres() === null) return null;
    const server = await startPostgres(located.postgres());
    return {
      settings: { store: "postgres", log: "memory", retain: 2000, postgres: server.connection },
      stop: () => server.stop(),
    };
  },
};

/** The segments of the example shop: what they read is learned from any shop. */
const ruleset = () => {
  const file = join(root, "examples", "next-storefront", "attune", "ruleset.json");
  return JSON.parse(readFileSync(file, "utf8"));
};

async function send(url, file, mapping) {
  const args = [attune, "replay", file, "--mapping", mapping, "--url", url, "--key", SECRET_KEY, "--json"];
  const { code, output } = await run(process.execPath, args, { capture: true });
  const last = output.trim().split("\n").at(-1);
  if (code !== 0) throw new Error(`replay ended with ${code}: ${last}`);
  return JSON.parse(last);
}

/** A recording into one store, twice: what it holds in the end, as text that can be compared. */
async function into(name, { file, mapping, expected }) {
  const dir = mkdtempSync(join(tmpdir(), "attune-prove-"));
  const made = await STORES[name](dir);
  if (made === null) return null;
  let server = null;
  try {
    server = await startServer({ ...made.settings, ruleset: ruleset() });
    const first = await send(server.url, file, mapping);
    for (const [key, value] of Object.entries(expected))
      if (first[key] !== value) throw new Error(`${name}: ${key} is ${first[key]}, not ${value}`);
    await server.ask("settled");
    const summary = await server.ask("summary");
    const dump = await server.ask("dump", { file: join(dir, "dump.ndjson") });
    const second = await send(server.url, file, mapping);
    if (second.accepted !== 0) throw new Error(`${name}: the second replay took ${second.accepted} events`);
    await server.ask("settled");
    const again = await server.ask("dump", { file: join(dir, "again.ndjson") });
    if (again.digest !== dump.digest) throw new Error(`${name}: the second replay changed something`);
    const seconds = Math.round(first.elapsedMs / 1000);
    return {
      store: name,
      seconds,
      rowsPerSecond: Math.round(first.rows / (first.elapsedMs / 1000)),
      ...dump,
      summary,
    };
  } finally {
    await server?.kill();
    await made.stop();
    rmSync(dir, { recursive: true, force: true });
  }
}

const sorted = (value) =>
  typeof value === "object" && value !== null
    ? Object.fromEntries(
        Object.entries(value)
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([key, part]) => [key, sorted(part)]),
      )
    : value;

/**
 * A recording ends in the same states, segments, ids and totals on every store, and a second time changes nothing.
 *
 * @param {{ data: string, mapping: string, expected: Record<string, number>, stores: readonly string[], onProgress?: (text: string) => void }} recording
 * @returns What each store came to; `left` says which were left out and why.
 */
export async function sameEverywhere({ data, mapping, expected, stores, onProgress = () => undefined }) {
  const file = join(shared, "data", data);
  if (!existsSync(file))
    return { left: [`all: ${file} is missing; set ATTUNE_SHARED`], stores: [], problems: [] };
  const found = [];
  const left = [];
  for (const name of stores) {
    const result = await into(name, { file, mapping, expected });
    if (result === null) left.push(`${name}: its program is missing`);
    else {
      found.push(result);
      onProgress(`${name}: ${result.events} events, ${result.rowsPerSecond} a second`);
    }
  }
  const problems = [];
  const [first, ...others] = found;
  for (const other of others) {
    if (other.digest !== first.digest) problems.push(`${other.store} holds other states than ${first.store}`);
    if (JSON.stringify(sorted(other.summary)) !== JSON.stringify(sorted(first.summary)))
      problems.push(`${other.store} has other totals than ${first.store}`);
  }
  return {
    left,
    problems,
    stores: found.map(({ summary, ...rest }) => rest),
    summary: first?.summary ?? null,
  };
}
