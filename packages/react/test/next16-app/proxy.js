import { withAttune } from "@attune/react/next";
import { ruleset } from "./rules.js";

export const proxy = withAttune({
  ruleset,
  regionHeaders: { country: "x-country" },
  variants: { pages: { "/": ["hero"] } },
});
export const config = { matcher: "/((?!_next/|.*\\.).*)" };
