import { dirname, resolve } from "node:path";
import { parseServerConfig, type ServerConfig } from "@attune/core/wire";
import type { ApiKey } from "../auth/keys.js";
import { issueLines, type LocalKeys, readJsonFile } from "./files.js";
import { UsageError } from "./usage.js";

/** The configuration file; paths in it are relative to it. */
export async function readConfig(file: string | undefined): Promise<ServerConfig> {
  if (file === undefined) return {};
  const parsed = parseServerConfig(await readJsonFile("config", file));
  if (!parsed.ok)
    throw new UsageError(`The configuration ${file} is not right:\n${issueLines(parsed.error)}`);
  const { dir, ruleset, ...config } = parsed.value;
  const beside = (path: string): string => resolve(dirname(file), path);
  return {
    ...config,
    ...(dir !== undefined && { dir: beside(dir) }),
    ...(ruleset !== undefined && { ruleset: beside(ruleset) }),
  };
}

/** The folder's own keys, for the site `default`, and those that the configuration names. */
export function keysFor({ writeKey, secretKey }: LocalKeys, sites: ServerConfig["sites"] = {}): ApiKey[] {
  const origins = (site: string) => {
    const given = sites[site]?.origins;
    return given ? { origins: given } : {};
  };
  const configured = Object.entries(sites).flatMap(
    ([site, { writeKeys = [], secretKeys = [] }]): ApiKey[] => [
      ...writeKeys.map((key): ApiKey => ({ kind: "write", key, site, ...origins(site) })),
      ...secretKeys.map((key): ApiKey => ({ kind: "secret", key, site })),
    ],
  );
  return [
    { kind: "write", key: writeKey, ...origins("default") },
    { kind: "secret", key: secretKey },
    ...configured,
  ];
}
