import { AttuneError, type Clock } from "@attune/core";
import type { Peer } from "./peer.js";

/** Where a request comes from, as coarsely as consent and conditions ask for it. */
export interface Location {
  /** ISO 3166-1, as in `US`. */
  country?: string;
  /** ISO 3166-2, as in `US-CA`; the part after the dash will do where the country is known. */
  region?: string;
}

/**
 * Headers that the proxy in front of this server sets itself on each request, whatever a client sent. Only what is named here counts: anybody
 * can send any header.
 */
export interface ProxyHeaders {
  /** Has the client's address; of a list the last one, which is what the proxy itself has seen (`cf-connecting-ip`, `x-forwarded-for`). */
  address?: string;
  /** Has the country (`cf-ipcountry`, `x-vercel-ip-country`). */
  country?: string;
  /** Has the region, with or without its country (`x-vercel-ip-country-region`). */
  region?: string;
}

/** Tells where an address is, from a database of the host's; null: not known. It is handed nothing else of a request. */
export type Locate = (address: string) => Location | null | Promise<Location | null>;

export interface LocationOptions {
  proxy?: ProxyHeaders | undefined;
  locate?: Locate | undefined;
  addressOf(request: Request, peer: Peer): string | null;
  clock: Clock;
  report(error: unknown): void;
}

/** Longer is not waited for: the request goes on as one from nowhere, ms. */
const PATIENCE_MS = 200;
/** Failures are reported once in so long a time, ms. */
const REPORT_MS = 60_000;
const HEADER = /^[\w!#$%&'*+.^`|~-]+$/;
/** What proxies say of whom they cannot place. */
const NOWHERE = "XX";

const code = (value: unknown): string => (typeof value === "string" ? value.trim().toUpperCase() : "");

/** What is well-formed of it. */
function cleaned(given: { country?: unknown; region?: unknown } | null): Location {
  const said = code(given?.country);
  const within = code(given?.region);
  const known = /^[A-Z]{2}$/.test(said) && said !== NOWHERE ? said : null;
  const whole = /^([A-Z]{2})-[A-Z0-9]{1,3}$/.exec(within);
  const country = known ?? whole?.[1] ?? null;
  if (country === null) return {};
  // A region of another country than the one that is told is none.
  if (whole) return whole[1] === country ? { country, region: within } : { country };
  return /^[A-Z0-9]{1,3}$/.test(within) ? { country, region: `${country}-${within}` } : { country };
}

/** Some proxies add the port (`203.0.113.7:4711`, `[2001:db8::1]:4711`), which is another with each connection. */
const withoutPort = (told: string): string =>
  /^\[([^\]]+)\](?::\d+)?$/.exec(told)?.[1] ?? told.replace(/^(\d+(?:\.\d+){3}):\d+$/, "$1");

/** The address that the proxy tells, where it was named by what; else the other end of the connection. */
export function addressBehind(proxy: ProxyHeaders | undefined): LocationOptions["addressOf"] {
  const header = proxy?.address;
  if (header === undefined) return (_, peer) => peer.address ?? null;
  return (request) => withoutPort(request.headers.get(header)?.split(",").at(-1)?.trim() ?? "") || null;
}

/** @throws AttuneError `ATTUNE_SERVER_PROXY` for a header that none can be called. */
export function requireHeaders(proxy: ProxyHeaders = {}): void {
  for (const [name, header] of Object.entries(proxy)) {
    if (typeof header === "string" && HEADER.test(header)) continue;
    throw new AttuneError("ATTUNE_SERVER_PROXY", "Name a header, as in `cf-ipcountry`.", {
      path: `/proxy/${name}`,
    });
  }
}

/**
 * Where requests come from: by the headers of a proxy that is trusted, else by what the host's locator makes of the address, which goes no
 * further than there: it is neither kept nor reported.
 */
export function createLocations(
  options: LocationOptions,
): (request: Request, peer: Peer) => Promise<Location> {
  const { proxy, locate, addressOf, clock, report } = options;
  let reportedAt = Number.NEGATIVE_INFINITY;

  const failed = (): null => {
    if (Math.abs(clock.now() - reportedAt) >= REPORT_MS) {
      reportedAt = clock.now();
      // Without the failure itself, which may name the address.
      report(
        new AttuneError(
          "ATTUNE_SERVER_LOCATE",
          `The locator failed, or took longer than ${PATIENCE_MS} ms; requests go on as ones from nowhere. Look into \`locate\`.`,
        ),
      );
    }
    return null;
  };

  async function located(address: string, ask: Locate): Promise<Location | null> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error("late")), PATIENCE_MS);
    });
    try {
      return await Promise.race([ask(address), late]);
    } catch {
      return failed();
    } finally {
      clearTimeout(timer);
    }
  }

  return async (request, peer) => {
    const header = (name: string | undefined) => (name === undefined ? null : request.headers.get(name));
    const told = cleaned({ country: header(proxy?.country), region: header(proxy?.region) });
    if (told.country !== undefined || locate === undefined) return told;
    const address = addressOf(request, peer);
    return address === null ? {} : cleaned(await located(address, locate));
  };
}
