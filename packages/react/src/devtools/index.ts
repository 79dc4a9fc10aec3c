"use client";

export { AttuneDevtools, type AttuneDevtoolsProps } from "./attune-devtools.js";
export { changeText, reasonText, stepText } from "./explain-text.js";
export { de } from "./messages/de.js";
export { en } from "./messages/en.js";
export { es } from "./messages/es.js";
export { fr } from "./messages/fr.js";
export type { DevtoolsMessages, ExplainMessages } from "./messages/types.js";
export { useDeliveries } from "./use-deliveries.js";
export { type SlotExplanation, useExplanation } from "./use-explanation.js";
