/** What one session or visitor showed, and the persona it is known to have: a label of the host's own, such as a line of interest. */
export interface LabelledSession {
  /** Tokens by event: what was viewed, searched, chosen. Repeats count once. */
  readonly events: readonly (readonly string[])[];
  readonly persona: string;
}

export interface TrainPersonaOptions {
  /** Tokens of fewer sessions are left out (default 2). */
  readonly minSessions?: number;
  /** Pull of every weight towards 0, 0 or more (default 0.001). */
  readonly l2?: number;
  /** Passes over the sessions (default 12). */
  readonly epochs?: number;
  /** Of the order in which sessions are taken (default 1). */
  readonly seed?: number;
}

/** A log-odds of each persona for what is always so, and what each token adds; plain data, and no visitor in it. */
export interface PersonaModel {
  readonly format: "attune-persona";
  readonly version: 1;
  /** By name. */
  readonly personas: readonly string[];
  /** One per persona. */
  readonly bias: readonly number[];
  /** Per token, one weight per persona. */
  readonly weights: Readonly<Record<string, readonly number[]>>;
  /** Sessions by persona that it was learned from. */
  readonly sessions: readonly number[];
}

export interface PersonaOptions {
  /** Below this probability there is no persona, in [0, 1] (default 0.6). */
  readonly threshold?: number;
  /** Different tokens that must be known to the model before there is a persona, 0 or more (default 1). */
  readonly minTokens?: number;
}

export interface PersonaEstimate {
  /** Null where it abstains. */
  readonly persona: string | null;
  /** Of each persona, in the order of the model's; they sum to 1. */
  readonly probabilities: readonly number[];
  /** Different tokens that told something. */
  readonly evidence: number;
  /** Why there is no persona: nothing known was seen, or no persona is probable enough; null where there is one. */
  readonly reason: "no-evidence" | "unsure" | null;
}

/** All that is kept of a visitor; plain data, to be stored where and as long as consent allows. */
export interface PersonaState {
  readonly tokens: readonly string[];
}

export interface PersonaTracker {
  /** Takes one more event. O(its tokens × personas). */
  observe(tokens: readonly string[]): PersonaEstimate;
  readonly estimate: PersonaEstimate;
  readonly state: PersonaState;
}
