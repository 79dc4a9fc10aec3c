export { compileModel, type CompiledModel, compileRawModel, outputsOf } from "./compile-model.js";
export { portableExp, portableLogistic, portableTanh } from "./portable-exp.js";
export type * from "./types.js";
