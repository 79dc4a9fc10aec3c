import type { Purpose } from "@attune/core/consent";
import { matches } from "./pattern.js";
import { ownNeeds, rulesetNeed, type Statement } from "./statement.js";
import type { Need, Observation } from "./types.js";

/** Says what an observation needs; null where nobody has said. */
export type NeedOf = (observation: Observation) => Need | null;

/** What a page is made of, from its own host. */
const PART: Need = { what: "", purposes: ["necessary"], why: "A part of the page itself" };

/** The site's own word goes before what Attune says of itself, and that before what holds for parts of any page. */
export function compileNeeds(statement: Statement, pageUrl: string): NeedOf {
  const compiled = [...statement.needs, ...ownNeeds(statement)].map((need) => ({
    need,
    pattern: patternOf(need.what, pageUrl),
  }));
  const ruleset = { need: rulesetNeed(statement), pattern: patternOf(rulesetNeed(statement).what, pageUrl) };
  return (observation) => {
    const { what, identified, isPart } = observation;
    const target = isSent(observation) ? asHttp(what.slice(what.indexOf(" ") + 1)) : what;
    const declared = compiled.find(({ pattern }) => matches(pattern, target));
    if (declared) return declared.need;
    if (!identified && what.startsWith("GET ") && matches(ruleset.pattern, target)) return ruleset.need;
    return isPart && !identified ? PART : null;
  };
}

/** A path is one of the page's own host, and so is a thing on the device without a host. */
function patternOf(what: string, pageUrl: string): string {
  return asHttp(what.startsWith("/") ? new URL(pageUrl).origin + what : what);
}

/** A socket is one more way to a host. */
const asHttp = (address: string): string => address.replace(/^ws(?=s?:\/\/)/, "http");

export const isSent = ({ act }: Pick<Observation, "act">): boolean => act === "send" || act === "open";

/** All that a report can say of what was declared, with the purposes as people list them. */
export const listed = (purposes: readonly Purpose[]): string => purposes.join(" or ");
