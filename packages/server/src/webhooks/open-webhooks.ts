import { AttuneError, type Clock, type RandomSource, secureRandom } from "@attune/core";
import type { ServiceOptions } from "@attune/core/service";
import type { WebhookConfig } from "@attune/core/wire";
import type { Models } from "../models/models.js";
import { VERSION } from "../version.js";
import { type News, newsOf } from "./news-of.js";
import { type Attempt, createOutbox, type Delivery, type Outbox } from "./outbox.js";
import { post } from "./post.js";
import { sign } from "./sign.js";

const LOOK_MS = 2000;
const TIMEOUT_MS = 10_000;

interface Options {
  stores?: ServiceOptions["stores"];
  webhooks?: readonly WebhookConfig[];
  clock: Clock;
  random?: RandomSource;
  report(error: unknown): void;
}

export interface Webhooks {
  /** Ends posts that are under way; what they were to tell is told by the next process. */
  close(): Promise<void>;
}

interface Hook extends WebhookConfig {
  site: string;
  outbox: Outbox;
  /** While it is being told: each by itself, so that none waits for another's receiver. */
  delivering: Promise<void> | null;
}

/** Errors of the network have a code; anything else may hold anything. */
const codeOf = (error: unknown): string => {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" ? code : "failed";
};

const given = ({ answer, attempts }: Delivery): AttuneError =>
  new AttuneError(
    "ATTUNE_SERVER_WEBHOOK_DEAD",
    `A webhook was given up after ${attempts} attempts, the last with ${answer}. See that its receiver answers with 2xx within ten seconds.`,
  );

/**
 * What could never be told, or twice to one receiver.
 *
 * @throws AttuneError `ATTUNE_SERVER_WEBHOOKS` with its place.
 */
export function requireWebhooks({ stores, webhooks = [] }: Pick<Options, "stores" | "webhooks">): void {
  const refuse = (path: string, message: string): AttuneError =>
    new AttuneError("ATTUNE_SERVER_WEBHOOKS", message, { path });
  if (webhooks.length > 0 && !stores)
    throw refuse("/webhooks", "Messages are kept on `stores`: hand them in beside the service.");
  webhooks.forEach(({ url, site = "default" }, at) => {
    const first = webhooks.findIndex((one) => one.url === url && (one.site ?? "default") === site);
    if (first < at)
      throw refuse(
        `/webhooks/${at}/url`,
        `It is the url of /webhooks/${first}, for the same site: name each receiver once, with all its events and secrets.`,
      );
  });
}

/** Tells the receivers of a configuration; null where there are none. */
export function openWebhooks(
  { stores, webhooks = [], clock, random = secureRandom, report }: Options,
  models: Pick<Models, "registry" | "alarms">,
): Webhooks | null {
  if (!stores || webhooks.length === 0) return null;
  const store = stores.durable ?? stores.hot;
  const dead = (delivery: Delivery): void => report(given(delivery));
  const hooks = webhooks.map((hook): Hook => {
    const { site = "default" } = hook;
    const outbox = createOutbox({ store, clock, random, site, hook, dead });
    return { ...hook, site, outbox, delivering: null };
  });

  const sites = [...new Set(hooks.map(({ site }) => site))];
  const ending = new AbortController();
  const { signal } = ending;
  const send =
    ({ url, secrets, internal = false }: Hook) =>
    async ({ id, body }: Delivery): Promise<Attempt> => {
      const headers = { ...sign({ id, body }, secrets, clock.now()), "user-agent": `attune/${VERSION}` };
      try {
        return await post({ url, headers, body, internal, timeoutMs: TIMEOUT_MS, signal });
      } catch (error) {
        return codeOf(error);
      }
    };

  async function lookAt(site: string): Promise<void> {
    const own = hooks.filter((hook) => hook.site === site);
    if (own.length === 0) return;
    const news: News[] = [];
    for (const record of await models.registry(site).list())
      news.push(...newsOf(site, record, await models.alarms(site, record.name)));
    for (const hook of own) {
      await hook.outbox.add(news);
      if (!signal.aborted) deliver(hook);
    }
  }

  function deliver(hook: Hook): void {
    hook.delivering ??= hook.outbox
      .deliver(send(hook), () => signal.aborted)
      .catch(report)
      .finally(() => {
        hook.delivering = null;
      });
  }

  let looking: Promise<void> | null = null;
  const look = (): Promise<void> => {
    looking ??= Promise.all(sites.map((site) => lookAt(site).catch(report))).then(() => {
      looking = null;
    });
    return looking;
  };
  // The first look says since when the webhooks are there.
  void look();
  const timer = setInterval(() => void look(), LOOK_MS).unref();
  return {
    async close() {
      clearInterval(timer);
      ending.abort();
      await looking;
      await Promise.all(hooks.flatMap(({ delivering }) => delivering ?? []));
    },
  };
}
