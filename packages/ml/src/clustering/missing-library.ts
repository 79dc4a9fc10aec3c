import { AttuneError } from "@attune/core";

/** Says of a library that could not be loaded what to do about it. */
export function missingLibrary(name: string, cause: unknown): AttuneError {
  return new AttuneError(
    "ATTUNE_ML_MISSING_LIBRARY",
    `The engine ${name} needs the package of that name, which could not be loaded: install it, or leave \`engine\` away for the one built in.`,
    { path: "/options/engine", cause },
  );
}
