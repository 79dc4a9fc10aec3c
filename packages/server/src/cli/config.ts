import { dirname, resolve } from "node:path";
import { parseServerConfig, type PortsConfig, type ServerConfig } from "@attune/core/wire";
import type { ApiKey } from "../auth/keys.js";
import { issueLines, type LocalKeys, readJsonFile } from "./files.js";
import { UsageError } from "./usage.js";

/** The configuration file, with the environment's values where it names variables; paths in it are relative to it. */
export async function readConfig(file: string | undefined): Promise<ServerConfig> {
  if (file === undefined) return {};
  const parsed = parseServerConfig(await readJsonFile("config", file), process.env);
  if (!parsed.ok)
    throw new UsageError(`The configuration ${file} is not right:\n${issueLines(parsed.error)}`);
  const { dir, ruleset, ports, ...config } = parsed.value;
  const beside = (path: string): string => resolve(dirname(file), path);
  return {
    ...config,
    ...(dir !== undefined && { dir: beside(dir) }),
    ...(ruleset !== undefined && { ruleset: beside(ruleset) }),
    ...(ports && { ports: foldersOf(ports, beside) }),
  };
}

const foldersOf = (ports: PortsConfig, beside: (path: string) => string): PortsConfig =>
  Object.fromEntries(
    Object.entries(ports).map(([role, port]: [string, { dir?: string }]) => [
      role,
      port.dir === undefined ? port : { ...port, dir: beside(port.dir) },
    ]),
  ) as unknown as PortsConfig;

/** The folder's own keys, where there are any, for the site `default`, and those that the configuration names. */
export function keysFor(own: LocalKeys | null, sites: ServerConfig["sites"] = {}): ApiKey[] {
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
  if (own === null) return configured;
  return [
    { kind: "write", key: own.writeKey, ...origins("default") },
    { kind: "secret", key: own.secretKey },
    ...configured,
  ];
}
