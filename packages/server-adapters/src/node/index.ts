export { type FetchHandler, type NodeListenerOptions, toNodeListener } from "./listener.js";
