import { createDevelopmentReport, safeReport, type Ruleset, type RulesetDocument } from "@attune/core";
import type { PersonalizationService } from "@attune/core/service";
import {
  type BackEnd,
  type BackEndAnswer,
  type BackEndQuery,
  type HttpBackEndOptions,
  httpBackEnd,
  serviceBackEnd,
} from "./back-end.js";
import { fallbackDecisions } from "./fallback-decisions.js";
import { inTime } from "./in-time.js";

/** Who decides. */
export type Decides =
  | {
      /** A service in this process. */
      service: Pick<PersonalizationService, "decide" | "ruleset">;
    }
  | HttpBackEndOptions;

export interface AskOptions {
  /** The slots this page shows (default: all of them). */
  slots?: readonly string[];
  /** What conditions may read besides what is known of the visitor. */
  context?: Readonly<Record<string, unknown>>;
  site?: string;
  /** For decisions that come too late or not at all: its fallback variants are shown then. */
  ruleset?: Ruleset | RulesetDocument;
  /** How long the page may wait for decisions, ms (default 150). */
  timeoutMs?: number;
  /** Told why the page had to do without decisions (default: in development the console). */
  report?(error: unknown): void;
}

export const backEndOf = (options: Decides & Pick<AskOptions, "site">): BackEnd =>
  "service" in options ? serviceBackEnd(options.service, options.site) : httpBackEnd(options);

/** Tells the host of what went wrong; what it throws itself goes nowhere. */
export const reporting = ({
  report,
}: {
  report?: AskOptions["report"] | undefined;
}): ((error: unknown) => void) => safeReport({ report: report ?? createDevelopmentReport() });

export interface Asked extends Pick<BackEndQuery, "visitor" | "withRuleset"> {
  /** Where the visitor is: conditions read it as `context.region`, unless the host's context says otherwise. */
  region: string | null;
}

/** Asks whoever decides, in time; never rejects: what does not come is the fallbacks, with the reason `error`. */
export async function askBackEnd(
  backEnd: BackEnd,
  { visitor, withRuleset, region }: Asked,
  { slots, context: given, timeoutMs = 150, ruleset, report }: AskOptions,
): Promise<BackEndAnswer> {
  const context = { ...(region !== null && { region }), ...given };
  try {
    return await inTime(timeoutMs, (signal) => backEnd({ visitor, slots, context, signal, withRuleset }));
  } catch (error) {
    reporting({ report })(error);
    // Compiled in the page, where what it is not is found out.
    const own = ruleset as Ruleset | undefined;
    return { decisions: fallbackDecisions(slots, own), segments: {}, rulesetVersion: null, ruleset: own };
  }
}
