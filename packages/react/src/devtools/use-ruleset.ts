import type { Ruleset } from "@attune/core";
import { useAttune } from "@attune/react";
import { useSyncExternalStore } from "react";

/** The document that decides, as it is now. */
export function useRuleset(): Ruleset | null {
  const attune = useAttune();
  return useSyncExternalStore(attune.subscribe, attune.ruleset, () => null);
}
