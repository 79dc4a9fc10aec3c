export { type FileKeysOptions, fileKeys } from "./file-keys.js";
export { type KmsKeysOptions, kmsKeys } from "./kms-keys.js";
export type { RotatingKeys } from "./rotating.js";
