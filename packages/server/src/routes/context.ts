import type { Clock } from "@attune/core";
import type { Purpose } from "@attune/core/consent";
import type { PersonalizationService } from "@attune/core/service";
import type { ConsentCategories } from "@attune/core/wire";
import type { CookiePlace } from "../auth/visitor-cookie.js";
import type { Call } from "../http/route.js";
import type { MayHoldCookie, Principal } from "../auth/authenticate.js";
import type { Sessions } from "../auth/sessions.js";
import type { Limits } from "../types.js";
import type { Pressure } from "../http/pressure.js";
import type { Hub } from "../live/hub.js";
import type { Places } from "../live/places.js";
import type { Models } from "../models/models.js";
import type { Trainer } from "../models/training.js";
import type { Meters } from "../metrics/meters.js";
import type { Simulation } from "../simulate/simulation.js";
import type { Tickets } from "../sockets/tickets.js";

/** What routes are made of. */
export interface RouteContext {
  readonly service: PersonalizationService;
  readonly clock: Clock;
  /** Those that some key reaches. */
  readonly sites: readonly string[];
  readonly limits: Limits;
  readonly hub: Hub;
  readonly places: Places;
  readonly sessions: Sessions;
  readonly tickets: Tickets;
  readonly simulation: Simulation;
  readonly meters: Meters;
  /** Null where the server was handed no stores to keep them in. */
  readonly models: Models | null;
  readonly trainer: Trainer | null;
  readonly pressure: Pressure;
  /** Runs that wait for their fold; null where not known. */
  lag(): number | null;
  /** The credential of a request to an open route, which may do without. */
  authenticate(request: Request, url: URL): Principal | null;
  readonly mayHoldCookie: MayHoldCookie;
  /** Whether some write key of the site names this origin. */
  originNamed(origin: string, site: string): boolean;
  /** Site under the root, without a trailing slash; empty for none. */
  readonly basePath: string;
  /** Where people reach this server, as the host said it, without a trailing slash; null where it did not. */
  publicOrigin(): string | null;
  /** What the sites' consent platform calls the purposes. */
  readonly consentCategories: ConsentCategories;
  /** What calls by OpenFeature's protocol are covered by, as the host has declared. */
  readonly ofrepPurposes: readonly Purpose[];
  /** How long events are kept, ms, as the service was told. */
  readonly retentionMs: number;
  /** Of what happens after an answer has begun. */
  report(error: unknown): void;
}

/** Where a visitor's cookie goes: below the routes that read it, and over TLS alone where people reach this server by TLS. */
export const cookiePlace = (
  { url }: Pick<Call, "url">,
  { basePath, publicOrigin }: Pick<RouteContext, "basePath" | "publicOrigin">,
): CookiePlace => ({ basePath, secure: (publicOrigin() ?? url.origin).startsWith("https:") });
