export interface KillReport {
  configuration: string;
  kills: number;
  whileFolding: number;
  killsOfRedis: number;
  seconds: number;
  /** Distinct events whose batch got its 2xx. */
  acknowledged: number;
  lost: number;
  invented: number;
  doubleEffects: number;
  statesDiffering: number;
  /** What is not as it must be, in words; empty where all is. */
  problems: string[];
}

type Name = "lmdb" | "redis" | "kafka" | "unsaved";

export function missing(name: Name): string | null;
export function killCampaign(
  name: Name,
  options: { kills: number; onProgress?: (done: number) => void; seed?: number },
): Promise<KillReport>;
