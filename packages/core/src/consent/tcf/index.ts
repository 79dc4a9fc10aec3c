export { fromTcf, type TcData, type TcfReadOptions } from "./from-tcf.js";
export { TCF_PURPOSES } from "./purposes.js";
export { type TcfApi, tcfPlatform, type TcfPlatformOptions } from "./tcf-platform.js";
export { toTcf, type TcfWriteOptions } from "./to-tcf.js";
