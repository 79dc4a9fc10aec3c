import type { ConsentController, ConsentState, Grants } from "@attune/core";
import { useMemo } from "react";
import { useAttune } from "./use-attune.js";
import { useSlice } from "./use-slice.js";

export interface Consent extends Pick<ConsentController, "grant" | "deny" | "withdraw"> {
  state: ConsentState;
  /** What is allowed now, by purpose. */
  grants: Grants;
  /** Why the visitor should be asked; null where nothing needs asking. */
  ask: ConsentState["ask"];
}

/** Consent as it stands, and what changes it: the headless part under every banner. */
export function useConsent(): Consent {
  const { consent } = useAttune();
  const state = useSlice(
    (attune) => attune.snapshot().consent,
    (attune) => attune.initialSnapshot().consent,
  );
  return useMemo(
    () => ({
      state,
      grants: state.grants,
      ask: state.ask,
      grant: (...args) => consent.grant(...args),
      deny: (...args) => consent.deny(...args),
      withdraw: (...args) => consent.withdraw(...args),
    }),
    [consent, state],
  );
}
