export {
  type AuditCheckpoint,
  type AuditEntry,
  type AuditVerdict,
  nextEntry,
  signCheckpoint,
  walkChain,
} from "./audit-chain.js";
export {
  consentTextHash,
  type ReceiptContent,
  type ReceiptKey,
  type ReceiptSigning,
  receiptSigning,
  type SignedConsentReceipt,
  verifyConsentReceipt,
} from "./consent-receipt.js";
export { openHandover, sealHandover } from "./handover-token.js";
export { newKeyBytes, type SealingKey } from "./seal.js";
export { claimIn, isSignedToken, signVisitorToken } from "./visitor-token.js";
export { createWrapping, type WrappedKey, type Wrapping } from "./wrapping.js";
