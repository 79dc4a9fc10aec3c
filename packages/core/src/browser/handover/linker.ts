import type { Attune } from "../../engine/types.js";
import { safeReport } from "../../kernel/safe-report.js";
import { HANDOVER_PARAMETER } from "../../ports/handover-parameter.js";
import { ask } from "./ask.js";
import { followLinks } from "./follow-links.js";
import { otherParameters, withQuery } from "./query.js";
import type { HandoverEndpoint } from "./types.js";

/** A click waits no longer than this, ms. */
const PATIENCE_MS = 1000;

export interface LinkerOptions extends HandoverEndpoint {
  /** Origins of the site's other domains: only links to them are decorated. */
  to: readonly string[];
  /** Told of what went wrong; links then lead where they always did. */
  report?: (error: unknown) => void;
}

export interface Linker {
  /**
   * The address with the parameter that hands the visitor over, good once and for two minutes; the address as it was given where consent allows
   * no visitor to be known, where it leads to none of the domains, or where the server gives no parameter. Never rejects.
   */
  link(url: string | URL): Promise<string>;
  /**
   * From now on links of this document to the other domains are decorated as they are followed. Nothing is asked for before a link is
   * touched. What it returns ends that.
   */
  decorateLinks(): () => void;
}

/** Hands the visitor of this page over to other domains of the site. Making one touches nothing. */
export function createLinker(attune: Pick<Attune, "visitor">, options: LinkerOptions): Linker {
  const report = safeReport(options);
  const isOurs = (url: URL): boolean => options.to.includes(url.origin) && url.origin !== location.origin;

  async function link(given: string | URL): Promise<string> {
    const plain = String(given);
    try {
      const url = new URL(plain, location.href);
      const visitor = attune.visitor();
      if (visitor === null || !isOurs(url)) return plain;
      const body = { visitorId: visitor.id, to: url.origin };
      const answer = await ask(options, { path: "", body, ms: PATIENCE_MS });
      // Consent may have been withdrawn meanwhile, or it is somebody else now.
      if (typeof answer?.token !== "string" || attune.visitor()?.id !== visitor.id) return plain;
      return withQuery(url, [...otherParameters(url), `${HANDOVER_PARAMETER}=${answer.token}`]);
    } catch (error) {
      report(error);
      return plain;
    }
  }
  return {
    link,
    decorateLinks: () =>
      followLinks({
        link,
        isOurs: (url) => isOurs(url) && attune.visitor() !== null,
        report,
      }),
  };
}
