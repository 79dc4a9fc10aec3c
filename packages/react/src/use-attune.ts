import type { Attune } from "@attune/core";
import { usePersonalization } from "./context.js";

/**
 * The engine itself, for what no hook covers. Reading from it in a render does not subscribe: use the other hooks for that.
 *
 * @throws AttuneError `ATTUNE_REACT_NO_PROVIDER` outside of a provider, as every hook here does.
 */
export function useAttune(): Attune {
  return usePersonalization().attune;
}
