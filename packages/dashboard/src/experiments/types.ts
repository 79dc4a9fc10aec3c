import type { ExperimentReport } from "@attune/core/stats";

export type Status = "draft" | "running" | "stopped" | "shipped";

/** An experiment as people defined it, as `GET /api/v1/experiments` tells. */
export interface DefinedExperiment {
  id: string;
  name: string;
  hypothesis?: string;
  slot: string;
  status: Status;
  run: number;
  /** ISO 8601. */
  startedAt: string | null;
  stoppedAt: string | null;
  shipped: string | null;
}

/** What this page reads of the ruleset: which experiments it runs by itself. */
export interface RulesetExperiments {
  experiments?: Readonly<Record<string, unknown>>;
  slots: Readonly<Record<string, { policy: Policy }>>;
}

interface Policy {
  type: string;
  experiment?: string;
  rules?: readonly { policy?: Policy }[];
}

/** `GET /api/v1/experiments/{id}/results`, and each frame of its stream. */
export interface Results {
  experiment: string;
  at: string | null;
  run: number | null;
  units: Readonly<Record<string, number>> | null;
  crossed: number | null;
  report: ExperimentReport | null;
  notes: Readonly<Record<string, string>>;
  variants: Readonly<Record<string, { exposures: number; conversions: number }>>;
}

/** `GET /api/v1/dashboard/session` */
export interface Session {
  role: string;
  scopes: readonly string[];
}

/** One line of the list. `defined` is null where a ruleset runs it and nobody defined it. */
export interface Listed {
  id: string;
  name: string;
  defined: DefinedExperiment | null;
}

/** Those that people defined, running ones first, and those of the ruleset alone. */
export function listed(
  defined: readonly DefinedExperiment[],
  ruleset: RulesetExperiments | null,
): readonly Listed[] {
  const order: readonly Status[] = ["running", "draft", "stopped", "shipped"];
  const rows = [...defined]
    .sort((a, b) => order.indexOf(a.status) - order.indexOf(b.status))
    .map((one): Listed => ({ id: one.id, name: one.name, defined: one }));
  const known = new Set(rows.map(({ id }) => id));
  const others = new Set(Object.keys(ruleset?.experiments ?? {}));
  for (const { policy } of Object.values(ruleset?.slots ?? {}))
    for (const { experiment } of [policy, ...(policy.rules ?? []).flatMap((rule) => rule.policy ?? [])])
      if (experiment !== undefined) others.add(experiment);
  return [
    ...rows,
    ...[...others].filter((id) => !known.has(id)).map((id): Listed => ({ id, name: id, defined: null })),
  ];
}
