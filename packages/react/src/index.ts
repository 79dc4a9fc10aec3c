"use client";

export type { Updates } from "@attune/core/browser";
export { Experiment, type ExperimentProps, Variant, type VariantProps } from "./experiment.js";
export { PersonalizationHydration, type PersonalizationHydrationProps } from "./hydration.js";
export {
  Personalize,
  type PersonalizeProps,
  type PersonalizeSegmentProps,
  type PersonalizeSlotProps,
} from "./personalize.js";
export { PersonalizationProvider, type PersonalizationProviderProps } from "./provider.js";
export type { Register } from "./register.js";
export { defineSegments, type KnownSegments, type SegmentName } from "./segments.js";
export { defineSlots, type SlotName, type SlotValue, type TypedSlot, type VariantName } from "./slots.js";
export { useAttune } from "./use-attune.js";
export { type Consent, useConsent } from "./use-consent.js";
export { type SlotDecision, useDecision } from "./use-decision.js";
export { useExposure } from "./use-exposure.js";
export { useSegment } from "./use-segment.js";
export { useSegments } from "./use-segments.js";
export { type Signals, useSignals } from "./use-signals.js";
export { type Track, useTrack } from "./use-track.js";
export { useVariant } from "./use-variant.js";
export { useVisitor } from "./use-visitor.js";
