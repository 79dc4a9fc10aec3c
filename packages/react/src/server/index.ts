export { PersonalizationHydration, type PersonalizationHydrationProps } from "@attune/react";
export { type DecideOnServerOptions, decideOnServer, type ServerRequest } from "./decide-on-server.js";
export { serializeInitial } from "./serialize-initial.js";
export { defineSegments } from "../segments.js";
export { defineSlots } from "../slots.js";
