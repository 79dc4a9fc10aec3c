import type { PortsConfig } from "@attune/core/wire";

/** What stands where a configuration names no systems: everything in one folder of this machine. */
export const EMBEDDED: PortsConfig = {
  hot: { kind: "lmdb" },
  log: { kind: "lmdb" },
  channel: { kind: "memory" },
  series: { kind: "lmdb" },
};
