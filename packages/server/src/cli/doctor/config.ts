import type { PortsConfig, ServerConfig } from "@attune/core/wire";
import { error, type Finding, warning } from "./finding.js";

/** What a configuration itself leaves open. */
export function judgeConfig(config: ServerConfig, ports: PortsConfig): Finding[] {
  const findings: Finding[] = [];
  if (config.consent === undefined)
    findings.push(
      warning(
        "ATTUNE_DOCTOR_CONSENT",
        "No consent policy is configured: everybody everywhere is treated as not having decided until they do. Say under /consent what holds where, and its version.",
      ),
    );
  const open = Object.entries(config.sites ?? {}).filter(
    ([, { writeKeys = [], origins = [] }]) => writeKeys.length > 0 && origins.length === 0,
  );
  for (const [site] of open)
    findings.push(
      warning(
        "ATTUNE_DOCTOR_ORIGINS",
        `The write keys of the site ${site} can be used by any page of the web. Name your own under /sites/${site}/origins.`,
      ),
    );
  const isShared = ports.hot.kind !== "lmdb" || ports.log.kind !== "lmdb";
  if (isShared && ports.channel.kind === "memory")
    findings.push(
      warning(
        "ATTUNE_DOCTOR_CHANNEL",
        "The channel is in memory: a dashboard sees only what its own process folds, and news of rulesets and erasures reach other processes late. Put it on a Redis.",
      ),
    );
  if (isShared && [ports.hot, ports.log].some(({ kind }) => kind === "lmdb"))
    findings.push(
      warning(
        "ATTUNE_DOCTOR_MIXED",
        "Part of the data is in files of this machine: only processes of this machine can share it.",
      ),
    );
  return findings;
}

/** The oldest Node that everything here is tested on. */
export function judgeNode(version: string): Finding[] {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return [];
  return [error("ATTUNE_DOCTOR_NODE", `This is Node ${version}; Attune needs 20.19 or newer. Update it.`)];
}
