interface Figures {
  count: number;
  p50: number | null;
  p95: number | null;
  p99: number | null;
  max: number | null;
}

export interface OverloadReport {
  /** Events/s that were folded as they came. */
  capacity: number;
  /** Distinct events whose batch got its 2xx, over all steps. */
  acknowledged: number;
  lost: number;
  takenAnyway: number;
  /** By status, at three times the capacity. */
  refused: Readonly<Record<string, number>>;
  refusedMs: Figures;
  acknowledgedMs: Figures;
  clientDelayP99Ms: number;
  memoryMb: { normal: number; over: number };
  /** Peak at three times the capacity, as a multiple of the normal peak. */
  memory: number;
  /** What is not as it must be, in words; empty where all is. */
  problems: string[];
  /** That refusals took too long, which may be the machine's fault; null where they did not. */
  slow: string | null;
}

export const TIMES: number;
export function overload(options: {
  seconds: number;
  onProgress?: (text: string) => void;
}): Promise<OverloadReport>;
