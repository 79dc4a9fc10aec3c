export {
  type AuditCheckpoint,
  type AuditEntry,
  type AuditVerdict,
  type AuditWalk,
  nextEntry,
  signCheckpoint,
  walkChain,
} from "./audit-chain.js";
export { newKeyBytes, type SealingKey, sealingKey } from "./seal.js";
export { createWrapping, type WrappedKey, type Wrapping } from "./wrapping.js";
