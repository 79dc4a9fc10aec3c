"use client";

import { useConsent } from "@attune/react";
import { createContext, useContext, useMemo, useState } from "react";

interface InsightState {
  open: boolean;
  setOpen(open: boolean): void;
}

const InsightContext = createContext<InsightState>({ open: false, setOpen: () => {} });

export const useInsight = (): InsightState => useContext(InsightContext);

export function InsightProvider({ children }: { children: React.ReactNode }) {
  const [open, setOpen] = useState(false);
  const state = useMemo(() => ({ open, setOpen }), [open]);
  return <InsightContext.Provider value={state}>{children}</InsightContext.Provider>;
}

/** Stands in the header, where it lies over nothing. It is about the shop, not of it, so clicks on it are not captured. */
export function InsightButton() {
  const { open, setOpen } = useInsight();
  const { grants } = useConsent();
  return (
    <button
      type="button"
      className="insight-open"
      onClick={() => setOpen(!open)}
      aria-expanded={open}
      data-attune-ignore
      data-testid="insight-open"
    >
      <i data-on={grants.personalization} aria-hidden />
      <span className="long">Why do I see this?</span>
      <span className="short">Why this?</span>
    </button>
  );
}
