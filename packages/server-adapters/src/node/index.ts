export type { FetchHandler, Peer, MountOptions as NodeListenerOptions } from "../mount/handler.js";
export { toNodeListener } from "./listener.js";
export type { PlainRequest } from "./plain-request.js";
