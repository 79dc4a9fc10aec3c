export { browser, type BrowserOptions } from "./browser.js";
export type { CaptureOptions, ErrorCaptureOptions } from "./capture/options.js";
export { COOKIE_NAMES, type CookieOptions } from "./cookies.js";
export { createVisibility, observeVisible, type ObserveVisible } from "./visible.js";
