import { HANDOVER_PARAMETER } from "../../ports/handover-parameter.js";
import { otherParameters, withQuery } from "./query.js";

/**
 * What came in the link's parameter, which is taken out of the address bar and of the history at once, so that no copy, bookmark, reload or
 * referrer has it; null where there is none.
 */
export function takeParameter(): string | null {
  const url = new URL(location.href);
  const token = url.searchParams.get(HANDOVER_PARAMETER);
  if (token === null) return null;
  history.replaceState(history.state, "", withQuery(url, otherParameters(url)));
  return token === "" ? null : token;
}
