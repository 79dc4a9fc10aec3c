"use client";

export { fixedAttune, type FixedAttuneOptions, type FixedDecision } from "./fixed-attune.js";
export { TestPersonalizationProvider, type TestPersonalizationProviderProps } from "./test-provider.js";
