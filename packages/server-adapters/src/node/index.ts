export type { FetchHandler, MountOptions as NodeListenerOptions } from "../mount/handler.js";
export { toNodeListener } from "./listener.js";
