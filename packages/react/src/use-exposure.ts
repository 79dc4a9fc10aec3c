import type { Decision } from "@attune/core";
import { whenSeen } from "@attune/core/browser";
import { useCallback, useRef } from "react";
import type { SlotName } from "./slots.js";
import { useAttune } from "./use-attune.js";
import { shallowEqual, useSlice } from "./use-slice.js";

/**
 * A ref for the element that shows a slot whose value was read by a hook: `<h1 ref={useExposure("hero")}>`. The decision counts as seen
 * once the element is committed and visible. Fallbacks (no consent, nobody targeted, nothing loaded) never count.
 * `<Personalize>` and `<Experiment>` do this by themselves.
 */
export function useExposure(slot: SlotName): (element: Element | null) => void {
  return useExposureOf(
    useSlice(
      (attune) => attune.decide(slot),
      (attune) => attune.initialDecision(slot),
      shallowEqual,
    ),
  );
}

/** {@link useExposure} for an element that shows this decision, which may not be the latest. */
export function useExposureOf(decision: Decision<unknown>): (element: Element | null) => void {
  const attune = useAttune();
  const { slot, isFallback, reason, variant, experiment, policyVersion } = decision;
  const seenBy = useSlice(
    (engine) => {
      const visitor = engine.visitor();
      return `${visitor?.id} ${visitor?.userId !== undefined} ${engine.consent.state.revision}`;
    },
    () => null,
  );
  const stop = useRef<(() => void) | null>(null);
  const shown = useRef(decision);
  shown.current = decision;
  // Another decision, run, visitor or consent, and a log-in, makes a new ref, so React detaches the old one and attaches this one, after commit.
  // Whom a holdout keeps out sees what everybody sees, and is measured from then on.
  const counted =
    isFallback && reason !== "holdout" ? null : [seenBy, variant, experiment, policyVersion].join(" ");
  return useCallback(
    (element: Element | null) => {
      stop.current?.();
      stop.current = null;
      if (!element || counted === null) return;
      attune.rendered(slot, shown.current as Decision);
      stop.current = whenSeen(element, () => attune.expose(slot, shown.current as Decision));
    },
    [attune, slot, counted],
  );
}
