export { browser, type BrowserOptions, type CaptureOptions } from "./browser.js";
export { COOKIE_NAMES, type CookieOptions } from "./cookies.js";
export { type GateOptions, gateScripts } from "./gate-scripts.js";
export { createVisibility, observeVisible, type ObserveVisible } from "./visible.js";
