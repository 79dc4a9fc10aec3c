export { COOKIE_NAMES } from "../ports/cookie-names.js";
export { browser, type BrowserOptions } from "./browser.js";
export type { CaptureOptions, ErrorCaptureOptions } from "./capture/options.js";
export type { CookieOptions } from "./cookies.js";
export { type GateOptions, gateScripts } from "./gate-scripts.js";
export { createVisibility, observeVisible, type ObserveVisible } from "./visible.js";
