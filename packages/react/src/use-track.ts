import type { Attune, TrackResult } from "@attune/core";
import type { EventCatalogue, TypedTrack } from "@attune/core/events";
import { useCallback } from "react";
import type { Register } from "./register.js";
import { useAttune } from "./use-attune.js";

/** `attune.track`; where events are registered (see {@link Register}) it takes those, with the properties they were defined with. */
export type Track = Register extends { events: infer Events extends EventCatalogue }
  ? TypedTrack<Events, Promise<TrackResult>>
  : Attune["track"];

/**
 * Records events: `track("Product Added", { product_id })`. The function is the same for the life of the engine, and its promise tells
 * what became of the event.
 */
export function useTrack(): Track {
  const attune = useAttune();
  return useCallback((...event: Parameters<Attune["track"]>) => attune.track(...event), [attune]);
}
