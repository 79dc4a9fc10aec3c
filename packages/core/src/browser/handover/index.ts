export { HANDOVER_PARAMETER } from "../../ports/handover-parameter.js";
export { createLinker, type Linker, type LinkerOptions } from "./linker.js";
export type { HandoverEndpoint } from "./types.js";
export { type ArrivalOptions, withHandover } from "./with-handover.js";
