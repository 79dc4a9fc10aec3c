import type { ConsentPolicy } from "../../consent/types.js";
import type { PeriodCounts } from "../../bandits/index.js";
import type { BanditPolicy, ContextualPolicy, Ruleset } from "../../decisions/types.js";
import type { Experiment, ExperimentSums, Review } from "./types.js";

/** What a bandit was updated by, period by period. */
export interface LearnedPeriods {
  /** All that the periods sum up to. */
  counted: PeriodCounts;
  periods: readonly PeriodCounts[];
}

export interface LearnWork {
  site: string;
  experiment: Experiment;
  ruleset: Ruleset;
  /** Of the ruleset. */
  version: string;
  sums: ExperimentSums;
  /** By which visitors' decisions hold; null: by what they say themselves. */
  consent: ConsentPolicy | null;
}

/** What an update comes to. */
export interface Learned extends NonNullable<Review["learned"]> {
  policy: BanditPolicy | ContextualPolicy;
  /** What the next update has to know of this one. */
  kept: LearnedPeriods | Record<never, never>;
}
