import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { Clock, RandomSource } from "@attune/core";
import type { ConsentPolicy, Purpose } from "@attune/core/consent";
import type { PersonalizationService, ServiceOptions } from "@attune/core/service";
import type { ConsentCategories, WebhookConfig } from "@attune/core/wire";
import type { ApiKey } from "./auth/keys.js";
import type { Role } from "./auth/roles.js";
import type { BodyLimits } from "./http/body.js";
import type { Locate, ProxyHeaders } from "./http/location.js";
import type { IdempotencyStore } from "./http/idempotency.js";
import type { PressureLimits } from "./http/pressure.js";
import type { Door } from "./http/door.js";
import type { Peer } from "./http/peer.js";
import type { SimulatedShop } from "./simulate/shop.js";
import type { SimulationStatus } from "./simulate/simulation.js";
import type { PlaceLimits } from "./live/places.js";
import type { Models } from "./models/models.js";
import type { ServerModelsOptions } from "./models/options.js";

export interface Limits extends BodyLimits, PressureLimits, PlaceLimits {
  /** Events in one request (default 1,000). */
  batch: number;
  /** Requests of one key in a minute; more are answered 429 (default: no limit). */
  requestsPerMinute: number;
  /** Requests of one client address in a minute that show no valid credential (default 1,200), where the address is known. */
  strangersPerMinute: number;
}

export interface AttuneServerOptions {
  /** Where state lives. Needed unless a `service` is handed in. */
  stores?: ServiceOptions["stores"];
  log?: ServiceOptions["log"];
  /** Default: in memory, which shows each process only its own events. */
  channel?: ServiceOptions["channel"];
  /** Where counts by minute go; without one, figures over time are null. */
  series?: ServiceOptions["series"];
  /** Keys for pseudonyms. */
  keys?: ServiceOptions["keys"];
  /** Whether events are folded in this process too (default true); where not, something else must (`attune worker`). A handed-in `service` has its own. */
  worker?: boolean;
  /** A service that the host made; it is then the host's to sweep and to close, and to have its experiments reviewed. */
  service?: PersonalizationService;
  auth: {
    keys: readonly ApiKey[];
    /** How long a signed-in dashboard session lasts, ms (default 12 hours). */
    sessionMs?: number;
    /** The session's cookie is replaced when it has served this long, ms (default 15 minutes). */
    rotateMs?: number;
  };
  /** How the files of models are read, and when a version on trial is taken back. They are kept on `stores`. */
  models?: ServerModelsOptions;
  /** Who is told of what happens to models, by signed posts. They are written down on `stores` and sent from there, again where that fails. */
  webhooks?: readonly WebhookConfig[];
  /** A ruleset document to start with. */
  rules?: unknown;
  /** What holds for visitors who have not decided, and under Global Privacy Control. A handed-in `service` has its own. */
  consent?: ConsentPolicy;
  /**
   * What the site's consent platform calls its categories → the purposes that each is here (`{ C0002: "analytics" }`), for the consent that
   * clients of Segment and RudderStack send with their events. Categories called like a purpose need no entry.
   */
  consentCategories?: ConsentCategories;
  /**
   * What calls by OpenFeature's Remote Evaluation Protocol (`/ofrep/v1/…`) are covered by: the purposes that the host asks its visitors' consent
   * for before it lets an OpenFeature client ask, since such a client says nothing of consent. What a visitor has decided here can only narrow
   * it. Default: none, so that every flag is its slot's fallback.
   */
  ofrep?: { purposes: readonly Purpose[] };
  /** Fields that are kept sealed (`properties.diagnosis`, `traits.phone`); needs `keys` that wrap. A handed-in `service` has its own. */
  sensitive?: ServiceOptions["sensitive"];
  /** What is left out under load (default: nothing). A handed-in `service` has its own. */
  sampling?: ServiceOptions["sampling"];
  /** The models that rulesets name, loaded, or where to have them from (default: none is asked). A handed-in `service` has its own. */
  scorers?: ServiceOptions["scorers"];
  /** How long events are kept, ms (default 395 days). */
  retentionMs?: number;
  /**
   * Where people reach this server (`https://attune.example`), or a function where that is known only later. Sign-in links lead there, and
   * a session may change things from pages of that origin; needed behind a proxy that ends TLS.
   */
  origin?: string | (() => string | null);
  /** Everything is under it (`/attune`; default: the root). */
  basePath?: string;
  limits?: Partial<Limits>;
  /**
   * The client's address, for the limit of those who show no valid credential; null: unknown, not limited. Default: what
   * `proxy.address`, else the other end of the connection, as the mount tells it.
   */
  addressOf?(request: Pick<Request, "url" | "method" | "headers">, peer: Peer): string | null;
  /**
   * The headers of the proxy in front of this server, where there is one: they are believed, so name only those that it sets itself on each
   * request. Without them no header tells an address or a place.
   */
  proxy?: ProxyHeaders;
  /**
   * Where an address is (country, region), for requests that no header of the proxy tells of: the host's own database. What it says decides
   * which consent default holds, and the country stands in the event; the address is dropped.
   */
  locate?: Locate;
  /** Where answers to requests with an `Idempotency-Key` are kept for a day (default: the hot store; without `stores`, memory). */
  idempotency?: IdempotencyStore;
  /** `open`: `GET /metrics` needs no credential, for scrapers inside one's own network (default: scope `read`). */
  metrics?: { open?: boolean };
  /** Folder of the built dashboard; without one there is no `/dashboard`. */
  dashboard?: { directory: string };
  /** Where the simulated population shops: plain data, so that it may come from a file. Default: a made-up shop. */
  simulation?: { shop?: SimulatedShop };
  clock?: Clock;
  /** Chance for the simulated population (default: the platform's); a seeded source makes its visits repeatable. */
  random?: RandomSource;
  /** Told of failures that a caller is not told the reason of (default: standard error). */
  report?(error: unknown): void;
}

export interface AttuneServer {
  /**
   * Answers every request; never rejects. `peer` is what the mount knows of the connection. It asks little of a request and says so, which
   * spares mounts on node:http the making of a whole one.
   */
  readonly fetch: Door;
  /**
   * Makes a WebSocket of an HTTP connection, as node:http hands it over: `listener.on("upgrade", server.upgrade)`. False where the path is not
   * that of the stream: nothing was touched, and it is for the host to answer or to close.
   */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): boolean;
  /** Says goodbye to all WebSockets and takes no more: for hosts that end step by step. `close` does so as well. */
  closeSockets(): void;
  readonly service: PersonalizationService;
  /** Versions on trial, and what scores by them; null where the server was handed no stores. */
  readonly models: Models | null;
  /** A link that signs one person in to the dashboard, once, within an hour; as an admin unless told otherwise. */
  signInUrl(origin: string, site?: string, role?: Role): string;
  /** Refuses a key from now on and ends what it has open; false if no key has the id. */
  revokeKey(id: string): boolean;
  /** Lets simulated visitors arrive; 0 stops them. */
  simulate(visitorsPerMinute: number, site?: string): SimulationStatus;
  /** Ends streams and, where the server made it, the service. The ports that were handed in stay open. */
  close(): Promise<void>;
}
