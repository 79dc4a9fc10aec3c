import { HANDOVER_PARAMETER } from "../ports/handover-parameter.js";
import { mask } from "./mask.js";

const PARTS = /^([a-z][a-z\d+.-]*:)?(\/\/[^/?#]*)?([^?#]*)(?:\?([^#]*))?/i;
const MAX_HOST = 256;
/** Longer paths lose their last segments. */
const MAX_PATH = 1024;

export interface UrlParts {
  /** Scheme and host without credentials; empty in a relative URL. */
  origin: string;
  /** As it was given. */
  path: string;
  query: string;
}

/** Takes a URL apart without needing the platform's parser. Of `data:`, `blob:`, `file:` and the like only the scheme is left. */
export function splitUrl(url: string): UrlParts {
  // Every part may be missing, so this always matches.
  const [, scheme = "", host = "", path = "", query = ""] = PARTS.exec(url) as unknown as string[];
  const bare = host.replace(/^\/\/.*@/, "//");
  return (scheme && bare.length < 3) || bare.length > MAX_HOST
    ? { origin: scheme, path: "", query: "" }
    : { origin: scheme + bare, path, query };
}

/** Masked segment by segment where digits are many, so that a dated path does not read as a phone number. */
export function maskPath(path: string): string {
  const whole = path.length > MAX_PATH ? path.slice(0, path.lastIndexOf("/", MAX_PATH) + 1) : path;
  return /\d(?:\D*\d){6}/.test(whole)
    ? whole
        .split("/")
        .map((part) => mask(part))
        .join("/")
    : mask(whole);
}

/** Origin, the masked path and those query parameters whose names are allowed, values masked; never a fragment. */
export function joinUrl({ origin, query }: UrlParts, path: string, allowed: readonly string[] = []): string {
  if (!query || !allowed.length) return origin + path;
  const kept = query.split("&").filter((pair) => {
    const name = pair.split("=", 1)[0] as string;
    return name !== HANDOVER_PARAMETER && allowed.includes(name);
  });
  return origin + path + (kept.length ? `?${kept.map((pair) => mask(pair)).join("&")}` : "");
}
