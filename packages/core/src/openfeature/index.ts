export { type Flag, type FlagErrorCode, flagOf, type FlagReason } from "./flag.js";
export { attuneServerProvider, type ServerProviderOptions } from "./server-provider.js";
export { attuneWebProvider, type WebProviderOptions } from "./web-provider.js";
