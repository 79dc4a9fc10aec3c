import type { Grants, OptionalPurpose, Purpose } from "@attune/core/consent";

/** What a visitor has decided, or what their browser says, in one visit. */
export type StateName =
  | "undecided"
  | "denied"
  | OptionalPurpose
  | "granted"
  | "gpc"
  | "gpc-granted"
  | "withdrawn";

/** Why what happens in a part of a visit is judged as it is. */
export type Basis = "undecided" | "refused" | "partly" | "granted" | "gpc" | "withdrawn";

/** A part of a visit in which the same is allowed throughout. */
export interface Phase {
  basis: Basis;
  grants: Grants;
}

/** How an observation came about. `open`: a connection that stands. `remains`: it lies on the device, whoever put it there. */
export type Act = "write" | "read" | "remains" | "send" | "open";

/** One thing that a page did in one part of a visit, however often. */
export interface Observation {
  act: Act;
  /**
   * `cookie:name`, `localStorage:key`, `IndexedDB:name` and the like, with `@host` behind it where it is another host's;
   * `POST https://host/path` for what was sent, without the query.
   */
  what: string;
  /** Index of the visit's phase. */
  phase: number;
  /** By which means: `document.cookie`, `fetch`, `image`, `HTTP answer`. */
  by: readonly string[];
  /** Paths of the pages on which it was seen. */
  pages: readonly string[];
  times: number;
  /** Of all request bodies and messages together; null where the browser does not tell. */
  bytes: number | null;
  /** Which of what was planted was found in it, in words: `e-mail address (typed into a field)`. */
  planted: readonly string[];
  /** Whether it carried cookies, or a value that is kept on the device. */
  identified: boolean;
  /** Only a load of what the page is made of, from its own host, without a body. */
  isPart: boolean;
}

/** One visit in one state. */
export interface Visit {
  state: StateName;
  phases: readonly Phase[];
  observations: readonly Observation[];
  /** What was done, in words, in order. */
  steps: readonly string[];
  /** Why what was seen says little or nothing of the state; empty where all went as meant. */
  doubts: readonly string[];
}

/** What an observation may need: any of these purposes is enough. */
export interface Need {
  /** As {@link Observation.what}, with `*` for any run of characters. What is sent: an address without query, or a path of the page's own host. */
  what: string;
  purposes: readonly Purpose[];
  /** What it is for, for people. */
  why?: string | undefined;
  /** Whether what a person types or an address holds may be in it (default no). */
  carriesText?: boolean | undefined;
}

/** `violation`: it must not be. `unclear`: it could not be judged. `undeclared`: seen under consent, and nobody said what it is for. `note`: to be known. */
export type Level = "violation" | "unclear" | "undeclared" | "note";

/** What is found of one thing, over all states. */
export interface Finding {
  level: Level;
  code: FindingCode;
  /** As {@link Observation.what}; empty where it is about a visit as a whole. */
  what: string;
  states: readonly StateName[];
  /** What held when it was seen; only of `not-covered`. */
  when: readonly Basis[];
  /** In plain words. */
  message: string;
  /** What to do about it. */
  cure: string;
}

/**
 * Stable, for programs. `not-covered`: consent did not cover it. `planted`: planted personal data was in it. `undeclared`: nobody said what it
 * is for. `unseen`: it was there, but what it does is out of sight. `not-reached`: the visit did not get into its state, or could not be read.
 * `silent`: nothing happened under full consent either. `all-cookies`: scripts looked at all cookies at once.
 */
export type FindingCode =
  | "not-covered"
  | "planted"
  | "undeclared"
  | "unseen"
  | "not-reached"
  | "silent"
  | "all-cookies";

/** The outcome for one thing in one state, the worst of all its observations there. */
export interface Cell {
  outcome: "allowed" | "undeclared" | "violation";
  acts: readonly Act[];
  times: number;
  bytes: number | null;
}

/** One thing over all states. */
export interface Row {
  what: string;
  group: "stored" | "sent" | "read";
  /** What it needs, as declared; null where nobody said. */
  purposes: readonly Purpose[] | null;
  why: string | null;
  by: readonly string[];
  pages: readonly string[];
  cells: Readonly<Partial<Record<StateName, Cell>>>;
}

/** What `attune audit` comes to; the JSON that it prints. */
export interface Audit {
  format: "attune-audit";
  version: 1;
  /** `unclear`: nothing was found that must not be, but not all could be judged. */
  outcome: "pass" | "fail" | "unclear";
  url: string;
  /** ISO 8601. */
  startedAt: string;
  endedAt: string;
  browser: string;
  attune: string;
  policy: {
    version: string;
    mode: string;
    region: string | null;
    file: string | null;
    sha256: string | null;
  };
  decidedBy: string;
  secondsPerState: number;
  states: readonly StateName[];
  visits: readonly Pick<Visit, "state" | "steps" | "doubts">[];
  needs: readonly Need[];
  findings: readonly Finding[];
  rows: readonly Row[];
}
