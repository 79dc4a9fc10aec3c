import type { InitialState } from "@attune/core";
import type { ReactNode } from "react";
import { InitialStateContext } from "./context.js";

export interface PersonalizationHydrationProps {
  /** From `decideOnServer`. */
  initial: InitialState;
  children?: ReactNode;
}

/**
 * Hands what the server decided to the `PersonalizationProvider` below it. For Server Components: the provider itself usually stands in a
 * client component of the host, because its options hold functions, which do not cross from server to client; this does.
 */
export function PersonalizationHydration({ initial, children }: PersonalizationHydrationProps): ReactNode {
  return <InitialStateContext.Provider value={initial}>{children}</InitialStateContext.Provider>;
}
