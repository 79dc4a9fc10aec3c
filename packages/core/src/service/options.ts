import type { ConsentPolicy, Grants } from "../consent/types.js";
import type { Clock } from "../kernel/clock.js";
import type { KeyProvider } from "../ports/capabilities.js";
import type { Channel } from "../ports/channel.js";
import type { Log } from "../ports/log.js";
import type { ModelFile, ModelReference } from "../decisions/types.js";
import type { Scorer } from "../state/scorer.js";
import type { Series } from "../ports/series.js";
import type { AtomicStore, Store } from "../ports/store.js";
import type { SamplingOptions } from "./door/sampling.js";
import type { FigureName } from "./figures/figures.js";

/** A model as a ruleset names it. */
export type NamedModel = ModelReference & { readonly name: string };

/** Where a service has loaded models from: answers from memory, so that neither folds nor decisions wait. */
export interface ScorerSource {
  /**
   * The version of a model, or null while it is not there; whoever is asked for it begins to load it then. What was given out before goes on being asked until another version is there, so it must
   * not be closed before that.
   *
   * @param takesPart False for visitors of whom it is not known who they are, as of those who were here before there were models: they have everybody's version whatever is on trial, and say nothing of a trial
   *   (default true).
   */
  scorer(site: string, model: NamedModel, file: ModelFile, takesPart?: boolean): Scorer | null;
  /**
   * Told after each call of a version, failed ones too, what the visitors were chosen by whom it was asked about, once for each row; those of whom it is not known are left out. So that a source
   * can count visitors, of whom each may be asked about often.
   *
   * @param keys As `modelKeyOf` makes them.
   */
  asked?(site: string, version: { name: string; version: string }, keys: readonly string[]): void;
}

export interface ServiceOptions {
  stores: { hot: AtomicStore; durable?: Store };
  /** Without one, events are folded as they come and only their effects are kept. */
  log?: Log;
  /** What live frames and notices travel by. Default: in memory, which reaches those who subscribe in this process. */
  channel?: Channel;
  /**
   * Where counts by minute go, some seconds after they are folded: what the service's `series` reads. To be given to every
   * process that folds, or what the others fold is missing there. It is for this service alone, and keeps points as long as it is told to.
   */
  series?: Series;
  /** Default: a key made once and kept in the store, which protects less than a key kept elsewhere. */
  keys?: KeyProvider;
  clock?: Clock;
  /** For the site `default`; what holds where the store has another one is `onStoredRuleset`. */
  ruleset?: unknown;
  /**
   * Where the store holds another ruleset than `ruleset`. `"keep"` (default): the one with the higher revision holds, and at equal
   * revisions the stored one; a given one that is ignored is reported. `"replace"`: the given one is published, whatever its revision,
   * under the next one: for hosts whose ruleset is deployed with their code, and rolled back with it.
   */
  onStoredRuleset?: "keep" | "replace";
  /** What holds for visitors who have not decided, by region. Default: opt-in everywhere. */
  consent?: ConsentPolicy;
  /** Whether this process folds what is in the log (default true). Others that share the ports can do it instead. */
  worker?: boolean;
  /** How long events are kept, ms (default 395 days; 7 days to 100 years). */
  retentionMs?: number;
  /**
   * Fields whose values are sealed at the door, each under its visitor's key, and kept so: `properties.diagnosis`, `traits.phone` (what `identify`
   * tells). Opened for the subject's export and for a `profile` that asks for them; no fold, condition, counter or frame sees them. They are
   * kept as they come, not masked. Needs `keys` with wrapping keys.
   */
  sensitive?: readonly string[];
  /** What is left out under load (default: nothing): events that carry no feature, no conversion, no exposure, no identity and no consent. */
  sampling?: SamplingOptions;
  /** Whether a process that folds brings stored visitors in line when a ruleset's segments or models have changed (default true). Else `segments.evaluate` and `attune segment` do. */
  resegment?: boolean;
  /**
   * The models that rulesets name: some that are loaded already, told apart by name and version, or where to have them from. Default: none; then no model is asked, and segments that read a model's
   * score stay as they are.
   */
  scorers?: readonly Scorer[] | ScorerSource;
  cache?: {
    /** Visitors whose state, traits and consent this process holds at least, so as not to read them again (default 10,000; 0: none). */
    visitors?: number;
  };
  /** Told of failures of background work and of what was ignored (default: in development the console, else nobody). */
  report?(error: unknown): void;
}

export interface IngestOptions {
  /** Default `default`. */
  site?: string;
  /** When the client sent the batch, by its clock: what skew is judged from. */
  sentAt?: number;
  /**
   * Wait at most this long for the fold, ms (default 0: acknowledged when the log has it). Where another process folds, it tells this one over
   * the channel; without a channel, or where that message is lost, the wait runs out.
   */
  waitMs?: number;
  /** Told when everything is as durable as the log makes it, and from here on only the fold is waited for; not where nothing is. */
  onStored?(): void;
  /** Says where a bad event came from, in its dead letter. */
  route?: string;
  /** Country as the host's CDN or locator says it: stands in the events. */
  country?: string;
  /** The same more closely, as in `US-CA`: for what holds there of who has not decided (default: the country). */
  region?: string;
  /**
   * Global Privacy Control, as the request says (`Sec-GPC: 1`): what the policy's `gpcDenies` lists covers none of these events, whatever
   * they say of themselves and whatever was decided before.
   */
  gpc?: boolean;
}

export interface DecideVisitor {
  /** The anonymous id: what pages send as `anonymousId`, and consent and erasure take as `visitorId`. */
  id: string | null;
  /** Who is logged in: `userId` to conditions and draws, and nothing else; the server keeps no user's id that it could read. */
  userId?: string | null;
  /** Consent as the request carries it (cookie). What the service has stored can only narrow it. */
  consent?: Grants | null;
}

/** The same under the name that consent, export and erasure have for the id. */
export type AskedVisitor = DecideVisitor | (Omit<DecideVisitor, "id"> & { visitorId: string | null });

/** Facts of a request: `site`, `region` and `gpc` are the service's; all else is `context.*` to conditions. */
export type DecideContext = Readonly<Record<string, unknown>> & {
  site?: string;
  region?: string;
  gpc?: boolean;
};

/** An identifier as clients send it. */
export type NamedId = { visitorId: string } | { sessionId: string } | { userId: string };

/** A figure over time. */
export interface FigureQuery {
  figure: FigureName;
  /** Epoch ms; `from ≤ at < to`. */
  from: number;
  to: number;
  /** Whole minutes, ms. Windows begin at multiples of it since the epoch, in UTC. */
  windowMs: number;
  /** Only what has these: `event` for events, `experiment` and `variant` for exposures and conversions, `segment` for entered and left. */
  where?: Readonly<Record<string, string>>;
  /** One row for each of these (default: one row over all). */
  by?: readonly string[];
}

/** For what is noted in the audit log. */
export interface ActOptions {
  site?: string;
  /** Who asks for it: the name of a credential or of a role, never of a subject (default `system`). */
  actor?: string;
}

/** What is done to what is held of a subject. */
export interface SubjectOptions extends ActOptions {
  /**
   * Whether the visitor itself asks, with nothing but its token (default false). Whoever holds a public key can have a token for an id that was
   * made up, such as a product's or a user's; so a dead letter is then this visitor's only where it names it as its visitor.
   */
  own?: boolean;
}

/** Where a visitor is handed over, and what is known there of privacy. */
export interface HandoverOptions {
  /** Default `default`. */
  site?: string;
  /** Origin of the pages that the link leads to, as browsers write it (`https://shop-b.example`): of where it is taken up, too. */
  origin: string;
  /** Global Privacy Control, as the request says. */
  gpc?: boolean;
  /** As in `IngestOptions`: for what holds there of who has not decided. */
  region?: string;
}

/** What an erasure reaches. */
export interface EraseOptions extends SubjectOptions {
  /**
   * Whether the visitors that a user is linked to are erased with the user (default true). `false`: only what is kept under this very id, as a
   * visitor's or in events that name the user and no visitor; visitors stay, with their links and their own consent.
   */
  cascade?: boolean;
  /**
   * Whether all that remains is anonymous (default false: nothing remains). Every record of the subject is removed as ever, and nothing more of it
   * is taken in; but what was counted stays in the site's sums, which name nobody, and cannot be taken out of them later.
   */
  anonymizeOnly?: boolean;
}
