export type { FetchHandler, MountOptions as NodeListenerOptions, Peer } from "../mount/handler.js";
export { toNodeListener } from "./listener.js";
export { isPlain, type PlainRequest } from "./plain-request.js";
export { type ByteSink, type ByteSource, PlainResponse, streamOf } from "./plain-response.js";
