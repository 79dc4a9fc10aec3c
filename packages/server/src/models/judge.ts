import type { Clock } from "@attune/core";
import type { PersonalizationService } from "@attune/core/service";
import {
  type CanaryRules,
  type CanaryTrial,
  type CanaryVerdict,
  judgeCanary,
  type ModelRecord,
  type ModelRegistry,
  type VersionEvidence,
} from "@attune/ml/registry";
import {
  type EvidenceCounter,
  NOTHING_SEEN,
  type Seen,
  type Visitors,
  visitorsSince,
} from "./evidence-counter.js";
import { trialKey } from "./publish-models.js";

/** Over so long a stretch silence is told, ms. */
const RECENT_MS = 8000;

/** So long a version may take until it is loaded wherever visitors are scored, ms: before that, that nobody is scored by it says nothing. */
const LOADING_MS = 3000;

const whileLoading = (found: CanaryVerdict, ageMs: number): CanaryVerdict =>
  found.code === "no-data" && ageMs < LOADING_MS
    ? { verdict: "wait", code: "early", words: "Nobody is scored by it yet; it may still be loading." }
    : found;

/** What a version has shown while it was tried or compared. */
export interface Performance {
  record: ModelRecord;
  /** What would be done about the trial now; null without one. */
  verdict: CanaryVerdict | null;
  versions: readonly {
    version: string;
    role: "champion" | "canary";
    evidence: VersionEvidence;
    /** Visitors of the trial, and those of them who came to the metric. */
    reward: { successes: number; trials: number } | null;
  }[];
}

interface Look {
  at: number;
  run: number;
  champion: number;
  canary: number;
  /** The champion's. */
  visitors: Visitors;
}

export interface JudgeOptions {
  counter: EvidenceCounter;
  service(): Pick<PersonalizationService, "experimentSums">;
  registry(site: string): ModelRegistry;
  rules: CanaryRules;
  clock: Clock;
}

/** What is known of both versions, and what follows from it. Remembers the latest looks, to tell silence by. */
export function createJudge({ counter, service, registry, rules, clock }: JudgeOptions) {
  const looks = new Map<string, Look[]>();

  function recentOf(key: string, look: Look): CanaryTrial["recent"] {
    const before = (looks.get(key) ?? []).filter(({ run }) => run === look.run);
    const old = before.filter(({ at }) => look.at - at >= RECENT_MS).at(-1);
    const kept = old === undefined ? before : before.slice(before.indexOf(old));
    looks.set(key, [...kept, look]);
    return (
      old && {
        ...{ champion: look.champion - old.champion, canary: look.canary - old.canary },
        visitors: visitorsSince(look.visitors, old.visitors),
      }
    );
  }

  async function rewardsOf(site: string, { name, runs }: ModelRecord, metric: string | null) {
    if (metric === null) return null;
    const sums = await service().experimentSums(trialKey(name), { site, run: runs });
    return (role: "champion" | "canary") => {
      const found = sums?.variants[role];
      const reached = found?.metrics[metric];
      const successes = reached?.type === "proportion" ? reached.sum : 0;
      return { successes, trials: found?.units ?? 0 };
    };
  }

  return async (site: string, record: ModelRecord): Promise<Performance> => {
    const { name, champion, canary, runs } = record;
    const seen = await counter.read(site, name, runs);
    const of = (version: string | null): Seen =>
      (version === null ? undefined : seen.get(version)) ?? NOTHING_SEEN;
    const { evidence: before, visitors } = of(champion);
    const { evidence: now } = of(canary?.version ?? null);
    const tried = canary && (await registry(site).version(name, canary.version));
    const reward = await rewardsOf(site, record, tried?.metric ?? null);
    const sides = {
      champion: { evidence: before, reward: reward && reward("champion") },
      canary: { evidence: now, reward: reward && reward("canary") },
    };
    const at = clock.now();
    const look = { at, run: runs, champion: before.predictions, canary: now.predictions, visitors };
    const recent = canary === null ? undefined : recentOf(`${site}/${name}`, look);
    const ageMs = canary === null ? 0 : at - canary.startedAt;
    const verdict =
      canary === null
        ? null
        : whileLoading(
            judgeCanary(
              {
                ...{ ...sides, share: canary.share, ageMs, visitors: visitorsSince(visitors) },
                ...(recent && { recent }),
              },
              rules,
            ),
            ageMs,
          );
    const versions = [
      ...(champion === null ? [] : [{ version: champion, role: "champion" as const, ...sides.champion }]),
      ...(canary === null ? [] : [{ version: canary.version, role: "canary" as const, ...sides.canary }]),
    ];
    return { record, verdict, versions };
  };
}
