export { browser, type BrowserOptions, type CaptureOptions } from "./browser.js";
export type { CookieOptions } from "./cookies.js";
export { COOKIE_NAMES } from "../ports/cookie-names.js";
export { createVisibility, observeVisible, type ObserveVisible } from "./visible.js";
