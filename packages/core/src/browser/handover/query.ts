import { HANDOVER_PARAMETER } from "../../ports/handover-parameter.js";

/** The host's own parameters, letter by letter as they are written: made anew by URLSearchParams they might read differently. */
export const otherParameters = ({ search }: URL): string[] =>
  search
    .slice(1)
    .split("&")
    .filter((pair) => pair !== "" && !new URLSearchParams(pair).has(HANDOVER_PARAMETER));

/** Whole, since a path that begins with two slashes would be taken for a host. */
export const withQuery = ({ origin, pathname, hash }: URL, parameters: readonly string[]): string =>
  `${origin}${pathname}${parameters.length > 0 ? "?" : ""}${parameters.join("&")}${hash}`;
