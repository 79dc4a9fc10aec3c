import type { DeviceStorage, Environment } from "../../ports/environment.js";
import { safeReport } from "../../kernel/safe-report.js";
import { ask } from "./ask.js";
import { takeParameter } from "./take-parameter.js";
import type { HandoverEndpoint } from "./types.js";

/** The page does not wait longer than this to know who has come, ms. */
const PATIENCE_MS = 3000;
/** As long as the engine keeps the cookie, ms. */
const COOKIE_MS = 395 * 86_400_000;
const NOTHING_FOUND = { value: undefined, notes: [] };

export interface ArrivalOptions extends HandoverEndpoint {
  /** Origins that visitors may come from. From any other page a link hands nobody over, so that nobody can make a visitor somebody else. */
  from: readonly string[];
}

/**
 * An environment in which a visitor who follows a decorated link from one of the origins `from` keeps the visitor id of there: for the
 * environment of `browser(…)`, before it is given to `createAttune`.
 *
 * At the engine's start the parameter is taken out of the address bar. It is redeemed when the engine first reads what the device knows, which
 * it does only where consent here allows a visitor to be known; where that comes later than the link is good for, or not at all, nothing is
 * sent. Whoever was known here before becomes the one who arrives, and what was learned here of the one before is not mixed in.
 */
export function withHandover(environment: Environment, options: ArrivalOptions): Environment {
  const { storage, cookies } = environment;
  // Without them nobody can be known here in the first place.
  if (!storage || !cookies) return environment;
  const report = safeReport(environment);
  const ending = new AbortController();
  let token: string | null = null;
  let arrival: Promise<string | null> | null = null;

  const arrive = async (sent: string): Promise<string | null> => {
    const { signal } = ending;
    const found = await ask(options, { path: "/redeem", body: { token: sent }, signal, ms: PATIENCE_MS });
    const id = found?.visitorId;
    if (typeof id !== "string" || signal.aborted) return null;
    const isOther = cookies.read("visitor") !== id;
    cookies.write("visitor", id, COOKIE_MS);
    return isOther ? id : null;
  };
  const arriving = (): Promise<string | null> => {
    const sent = token;
    token = null;
    if (sent !== null)
      arrival = arrive(sent).catch((error) => {
        if (!ending.signal.aborted) report(error);
        return null;
      });
    return arrival ?? Promise.resolve(null);
  };

  return {
    ...environment,
    prepare() {
      try {
        const found = takeParameter();
        if (found !== null && comesFrom(options.from)) token = found;
      } catch (error) {
        report(error);
      }
      environment.prepare?.();
    },
    storage: {
      ...storage,
      async merge(key, make) {
        const arrived = make ? await arriving() : null;
        // From then on who arrived is whom this page knows.
        if (make) arrival = null;
        return storage.merge(
          key,
          make &&
            ((found) => make(arrived !== null && isOfAnother(found.value, arrived) ? NOTHING_FOUND : found)),
        );
      },
      destroy() {
        token = null;
        ending.abort();
        return storage.destroy();
      },
    } satisfies DeviceStorage,
  };
}

const comesFrom = (origins: readonly string[]): boolean =>
  document.referrer !== "" && origins.includes(new URL(document.referrer).origin);

const isOfAnother = (kept: unknown, arrived: string): boolean => {
  const id = (kept as { visitor?: { id?: unknown } } | undefined)?.visitor?.id;
  return id !== undefined && id !== arrived;
};
