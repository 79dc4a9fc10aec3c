export { PersonalizationHydration, type PersonalizationHydrationProps } from "@attune/react";
export { type DecideOnServerOptions, decideOnServer } from "./decide-on-server.js";
export type { ServerRequest } from "./request-consent.js";
export { serializeInitial } from "./serialize-initial.js";
export { defineSegments } from "../segments.js";
export { defineSlots } from "../slots.js";
