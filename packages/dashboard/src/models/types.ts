/** A model as the server tells of it; times are ISO 8601. */
export interface ModelInForce {
  name: string;
  champion: string | null;
  canary: { version: string; share: number; startedAt: string; run: number } | null;
  previous: readonly string[];
  refused: readonly string[];
  events: readonly ModelEvent[];
}

export interface ModelEvent {
  type: "promote" | "canary" | "rollback";
  version: string;
  at: string;
  code: string | null;
  reason: string | null;
  actor: string;
}

interface Measured {
  value: number;
  lower: number;
  upper: number;
}

/** The parts of a report card that are shown; one of a model made elsewhere may have none of them. */
export interface Card {
  trainedOn?: { rows: number };
  ones?: number;
  metrics?: {
    auc: Measured | null;
    ece: number;
    calibration: readonly { rows: number; score: number | null; share: number | null }[];
  };
  slices?: readonly { by: string; group: string; rows: number; rate: Measured; meanScore: number }[];
  tooSmall?: { device: number; region: number };
  contributions?: readonly { feature: string; share: number }[];
}

export interface ModelVersion {
  version: string;
  createdAt: string;
  bytes: number;
  card: Card | null;
}

export interface ModelDetails extends ModelInForce {
  versions: readonly ModelVersion[];
  training: { state: "running" | "done" | "failed"; words: string | null } | null;
  alarms: readonly Alarm[];
}

export interface Alarm {
  kind: "features" | "calibration" | "errors";
  version: string;
  at: string;
  features: readonly string[];
}

export interface Performance {
  verdict: { verdict: "promote" | "rollback" | "wait"; code: string; words: string } | null;
  versions: readonly {
    version: string;
    role: "champion" | "canary";
    predictions: number;
    errors: number;
    notFinite: number;
    p99Ms: number | null;
    reward: { visitors: number; reached: number } | null;
  }[];
}

export interface Drift {
  rows: number;
  features:
    | readonly { feature: string; psi: number | null; adjustedPValue: number | null; verdict: string }[]
    | null;
  reason: "no-reference" | "too-few-rows" | "not-looked" | null;
  shifted: readonly string[];
  outcomes: Outcomes | null;
}

/** What the version in force says of visits since its training, and what came of them. */
export interface Outcomes {
  rows: number;
  calibration: {
    verdict: "stable" | "drifted" | "unknown";
    meanScore: number | null;
    rate: number | null;
    ece: number | null;
  } | null;
  errors: { mean: number; grown: boolean; changedAt: string | null; before: number | null } | null;
  reason: "no-report-card" | "other-features" | "no-visits" | null;
}
