import { type ModelScores, NO_SCORES } from "../../decisions/model-scores.js";
import type { ServiceContext } from "../context.js";
import type { Scored } from "./scoring.js";
import type { SiteRules } from "./site-rules.js";

/** What a site's models say of one visitor at this moment; nothing where there are none. */
export const scoresOf = async (
  { scoring }: Pick<ServiceContext, "scoring">,
  [site, { models }]: readonly [string, Pick<SiteRules, "models">],
  visitor: Scored,
): Promise<ModelScores> =>
  models === null || scoring === null ? NO_SCORES : scoring.one(site, models, visitor);
