import type { JsonValue } from "@attune/core";
import { createSteadySlot, type Shown, type SteadySlot, type Updates } from "@attune/core/browser";
import { useMemo, useSyncExternalStore } from "react";
import { usePersonalization } from "./context.js";
import type { SlotName, SlotValue } from "./slots.js";
import { useHint } from "./use-hint.js";

/** A slot's decision for the element that shows it: it does not change while somebody reads that element. */
export function useSteadyDecision<V = JsonValue, N extends SlotName = SlotName>(
  slot: N,
  { updates = "safe", hasPending }: { updates: Updates | undefined; hasPending: boolean },
): Shown<SlotValue<N, V>> & Pick<SteadySlot<unknown>, "attach"> {
  useHint("slot", slot);
  const { attune, transition } = usePersonalization();
  const { subscribe, current, initial, attach } = useMemo(
    () => createSteadySlot<SlotValue<N, V>>({ attune, slot, updates, hasPending, transition }),
    [attune, slot, updates, hasPending, transition],
  );
  return { ...useSyncExternalStore(subscribe, current, initial), attach };
}
