import type { ScorerDescription } from "../state/scorer.js";

/** One version of a model as a file. */
export interface ModelFile {
  /** Hash of the content; names the version everywhere. */
  version: string;
  /** Where it lies, absolute or against the endpoint. */
  url: string;
  /** `sha256-…`, as Subresource Integrity writes it: a file of another content is never used. */
  integrity: string;
}

/** A model that pages and servers score visitors with; its score is `scores.{name}` in conditions. */
export interface ModelReference extends ModelFile, Omit<ScorerDescription, "name" | "version"> {
  /** A version on trial for this share of visitors, in (0, 1), chosen by the hash of who they are: the same in page and server. */
  canary?: ModelFile & { share: number };
}
