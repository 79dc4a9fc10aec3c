import type { AuditCheckpoint } from "@attune/core/service";
import { UsageError } from "./usage.js";

/** What `attune audit-log checkpoint` has printed. Whether it is genuine is the verification's to say. */
export function parseAuditCheckpoint(input: unknown, file: string): AuditCheckpoint {
  const { site, seq, hash, at, signature } = (input ?? {}) as Partial<Record<keyof AuditCheckpoint, unknown>>;
  if (
    typeof site === "string" &&
    typeof seq === "number" &&
    typeof hash === "string" &&
    typeof at === "number" &&
    typeof signature === "string"
  )
    return { site, seq, hash, at, signature };
  throw new UsageError(`${file} is no checkpoint of an audit log; attune audit-log checkpoint prints one.`);
}
