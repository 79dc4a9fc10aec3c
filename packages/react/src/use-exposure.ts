import { useCallback, useRef } from "react";
import { whenSeen } from "./seen.js";
import type { SlotName } from "./slots.js";
import { useAttune } from "./use-attune.js";
import { useDecision } from "./use-decision.js";
import { useSlice } from "./use-slice.js";

/**
 * A ref for the element that shows a slot whose value was read by a hook: `<h1 ref={useExposure("hero")}>`. The decision counts as seen
 * once the element is committed and visible. Fallbacks (no consent, nobody targeted, nothing loaded) never count.
 * `<Personalize>` and `<Experiment>` do this by themselves.
 */
export function useExposure(slot: SlotName): (element: Element | null) => void {
  const attune = useAttune();
  const { isFallback, variant, experiment, policyVersion } = useDecision(slot);
  const seenBy = useSlice(
    (engine) => `${engine.visitor()?.id} ${engine.consent.state.revision}`,
    () => null,
  );
  const stop = useRef<(() => void) | null>(null);
  // Another decision, run, visitor or consent makes a new ref, so React detaches the old one and attaches this one, after commit.
  const counted = isFallback ? null : [seenBy, variant, experiment, policyVersion].join(" ");
  return useCallback(
    (element: Element | null) => {
      stop.current?.();
      stop.current = element && counted !== null ? whenSeen(element, () => attune.expose(slot)) : null;
    },
    [attune, slot, counted],
  );
}
