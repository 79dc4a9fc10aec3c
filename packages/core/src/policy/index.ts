export { describePolicy } from "./describe-policy.js";
export { policyDe } from "./messages/de.js";
export { policyEn } from "./messages/en.js";
export { policyEs } from "./messages/es.js";
export { policyFr } from "./messages/fr.js";
export { policyMarkdown } from "./policy-markdown.js";
export type * from "./types.js";
