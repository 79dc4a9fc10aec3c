import { existsSync } from "node:fs";
import type { PortsConfig, ServerConfig } from "@attune/core/wire";
import { readConfig } from "./config.js";
import { EMBEDDED } from "./ports/embedded-ports.js";
import { UsageError } from "./usage.js";

/** Options of every command that works on stored data. */
export const PLACE_OPTIONS = {
  config: { type: "string" },
  dir: { type: "string" },
  json: { type: "boolean", default: false },
} as const;

/** Where the data of a command is. */
export interface Place {
  config: ServerConfig;
  /** Folder of what is on LMDB. */
  dir: string;
  ports: PortsConfig;
}

export const DEFAULT_DIR = ".attune";

export async function placeOf(given: { config?: string; dir?: string }): Promise<Place> {
  const config = await readConfig(given.config);
  return { config, dir: given.dir ?? config.dir ?? DEFAULT_DIR, ports: config.ports ?? EMBEDDED };
}

/**
 * The same for a command that only looks at what is there or changes it: it makes no empty data folder.
 *
 * @throws UsageError where data would be embedded and there is none.
 */
export async function placeWithData(given: { config?: string; dir?: string }): Promise<Place> {
  const place = await placeOf(given);
  const { hot } = place.ports;
  if (hot.kind === "lmdb" && !existsSync(hot.dir ?? place.dir))
    throw new UsageError(
      `There is no data in ${hot.dir ?? place.dir}; name its folder with --dir, or its systems with --config.`,
    );
  return place;
}
