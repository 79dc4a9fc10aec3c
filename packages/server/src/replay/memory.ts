import { readFileSync } from "node:fs";

export interface PeakMemory {
  sample(): void;
  /** `anonymous`: private memory without mapped files, where the system tells it; else the resident set. */
  peak(): { bytes: number; kind: "anonymous" | "resident" };
}

/** The most memory this process was seen to use. */
export function createPeakMemory(): PeakMemory {
  let bytes = 0;
  let kind: "anonymous" | "resident" = "resident";
  return {
    sample() {
      const anonymous = anonymousBytes();
      if (anonymous !== null) kind = "anonymous";
      bytes = Math.max(bytes, anonymous ?? process.memoryUsage.rss());
    },
    peak: () => ({ bytes, kind }),
  };
}

/** Mapped database files count as resident though they are the system's cache, so they are left out where that can be told. */
function anonymousBytes(): number | null {
  try {
    const kilobytes = /^RssAnon:\s+(\d+) kB/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1];
    return kilobytes === undefined ? null : Number(kilobytes) * 1024;
  } catch {
    return null;
  }
}
