import type { ConsentPolicy, ConsentSource, Grants } from "../consent/types.js";

/** Whom a call is about: the anonymous id, or the user id. A bare string may be either. */
export type SubjectId = string | { visitorId: string } | { userId: string };

export interface ConsentInput {
  /** Purposes that are not named stay as they were. */
  purposes: Partial<Grants>;
  policyVersion: string;
  source: ConsentSource;
  /** When it was decided, epoch ms (default: now; a time in the future counts as now). */
  at?: number;
  region?: string | null;
}

/** A consent post, whichever of its two shapes it came in. */
export interface ConsentPost {
  subject: SubjectId;
  input: ConsentInput;
}

export interface DecisionsPost {
  visitor: { id: string | null; consent?: Grants | null };
  slots?: readonly string[];
  /** Never has `site`: that is the credential's. */
  context: Readonly<Record<string, unknown>>;
}

/** What a site's credentials are, and from where its public ones may be used. */
export interface SiteConfig {
  /** Public: may send events and consent and ask for decisions. */
  writeKeys?: string[];
  /** For the host's servers. */
  secretKeys?: string[];
  /** Origins of pages that may use the write keys (default: any). */
  origins?: string[];
}

/** The file that `attune` reads. */
export interface ServerConfig {
  host?: string;
  port?: number;
  /** Where people reach it (`https://attune.example`), behind a proxy that ends TLS for one; default: where it listens. */
  origin?: string;
  /** Put before every route: empty, or starting with a slash and not ending in one. */
  basePath?: string;
  /** Where the embedded stores keep their files. */
  dir?: string;
  sites?: Record<string, SiteConfig>;
  consent?: ConsentPolicy;
  /** Days that events are kept, at least 7. */
  retentionDays?: number;
  limits?: {
    /** Bytes of one event. */
    eventBytes?: number;
    /** Bytes of a body as it comes. */
    bodyBytes?: number;
    /** Bytes of a body after decompression. */
    inflatedBytes?: number;
    /** Events a batch. */
    batchEvents?: number;
    /** Requests per key and minute. */
    requestsPerMinute?: number;
  };
  /** Path of the ruleset document to start with. */
  ruleset?: string;
}
