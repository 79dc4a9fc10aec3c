export { COOKIE_NAMES } from "../ports/cookie-names.js";
export { browser, type BrowserOptions } from "./browser.js";
export type { CaptureOptions, ErrorCaptureOptions } from "./capture/options.js";
export type { CookieOptions } from "./cookies.js";
export { type GateOptions, gateScripts } from "./gate-scripts.js";
export { whenSeen } from "./slot/seen.js";
export {
  createSteadySlot,
  type Shown,
  type SteadySlot,
  type SteadySlotOptions,
  type Updates,
} from "./slot/steady-slot.js";
export { type Change, createTransitions } from "./slot/view-transition.js";
export { createVisibility, observeVisible, type ObserveVisible } from "./visible.js";
