import { withAttune } from "@attune/react/next";
import { consentPolicy } from "~/attune/config";
import { ruleset } from "~/attune/ruleset";

/** Before every page: an id for whoever may be known and has none; and for /gifts, which of its copies to show. In Next 16 this file is `proxy.ts`. */
export const middleware = withAttune({
  endpoint: process.env.ATTUNE_URL ?? "http://127.0.0.1:4600",
  writeKey: process.env.ATTUNE_WRITE_KEY ?? "",
  policy: consentPolicy,
  ruleset,
  variants: { pages: { "/gifts": ["hero", "nudge"] } },
});

export const config = { matcher: "/((?!_next/|attune/|.*\\.).*)" };
