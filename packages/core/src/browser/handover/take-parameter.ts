import { HANDOVER_PARAMETER } from "../../ports/handover-parameter.js";

/**
 * What came in the link's parameter, which is taken out of the address bar and of the history at once, so that no copy, bookmark, reload or
 * referrer has it; null where there is none.
 */
export function takeParameter(): string | null {
  const url = new URL(location.href);
  const token = url.searchParams.get(HANDOVER_PARAMETER);
  if (token === null) return null;
  // By hand: written anew by URLSearchParams, the host's own parameters might read differently.
  const kept = url.search
    .slice(1)
    .split("&")
    .filter((pair) => pair.split("=", 1)[0] !== HANDOVER_PARAMETER)
    .join("&");
  history.replaceState(history.state, "", url.pathname + (kept && `?${kept}`) + url.hash);
  return token === "" ? null : token;
}
