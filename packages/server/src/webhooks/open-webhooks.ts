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
  /** Writes down what is new and sends what is due. */
  look(): Promise<void>;
  close(): Promise<void>;
}

interface Hook extends WebhookConfig {
  site: string;
  outbox: Outbox;
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

/** Tells the receivers of a configuration; null where there are none, or nothing to keep messages on. */
export function openWebhooks(
  { stores, webhooks = [], clock, random = secureRandom, report }: Options,
  models: Pick<Models, "registry" | "alarms">,
): Webhooks | null {
  if (!stores || webhooks.length === 0) return null;
  const store = stores.durable ?? stores.hot;
  const dead = (delivery: Delivery): void => report(given(delivery));
  const hooks = webhooks.map((hook): Hook => {
    const { site = "default" } = hook;
    return { ...hook, site, outbox: createOutbox({ store, clock, random, site, hook, dead }) };
  });

  const sites = [...new Set(hooks.map(({ site }) => site))];
  let isClosed = false;
  const send =
    ({ url, secrets, internal = false }: Hook) =>
    async ({ id, body }: Delivery): Promise<Attempt> => {
      const headers = { ...sign({ id, body }, secrets, clock.now()), "user-agent": `attune/${VERSION}` };
      try {
        return await post({ url, headers, body, internal, timeoutMs: TIMEOUT_MS });
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
    for (const { outbox } of own) await outbox.add(news);
    await Promise.all(own.map((hook) => hook.outbox.deliver(send(hook), () => isClosed).catch(report)));
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
    look,
    async close() {
      clearInterval(timer);
      isClosed = true;
      await looking;
    },
  };
}
