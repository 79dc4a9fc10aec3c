import { validateRuleset } from "@attune/core";
import document from "./ruleset.json";

const checked = validateRuleset(document);
if (!checked.ok)
  throw new Error(
    checked.error.map(({ path, message }) => `attune/ruleset.json ${path}: ${message}`).join("\n"),
  );

/** The document that the server was given, for pages that have to be made without it. */
export const ruleset = checked.value;
