import type { Ruleset, RulesetDocument } from "@attune/core";
import type { CookieOptions } from "@attune/core/browser";
import type { ConsentPolicy } from "@attune/core/consent";
import type { AskOptions, Decides } from "../server/ask-back-end.js";
import type { RegionHeaders } from "./request-region.js";
import type { VariantPages } from "./variant-pages.js";

export type WithAttuneOptions = (
  | Decides
  | {
      /** Decides by itself, where neither a service nor an endpoint is given: by the visitor's id and `context` alone. */
      ruleset: Ruleset | RulesetDocument;
    }
) &
  Omit<AskOptions, "slots" | "context"> & {
    /** The same as in the page. */
    policy?: ConsentPolicy;
    /** Headers in which the host's CDN says where a request comes from. */
    regionHeaders?: RegionHeaders;
    /** What conditions may read as `context.*`, besides `context.region`. */
    context?(request: Request): Readonly<Record<string, unknown>>;
    /** As given to `browser({ cookies })`. */
    cookies?: CookieOptions;
    /** Pages that are made once per variant. */
    variants?: VariantPages;
    /** Epoch ms (default: the system's clock). */
    now?(): number;
  };
