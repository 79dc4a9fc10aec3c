import type { Channel } from "@attune/core/ports";
import type { ModelEvent } from "@attune/ml/registry";
import type { ModelAlarm } from "./alarms.js";

/** What happened to a model: it was promoted, tried or taken back, or something was found about it. */
export type ModelNews =
  | { type: "model"; site: string; name: string; event: ModelEvent }
  | { type: "model-alarm"; site: string; name: string; alarm: ModelAlarm };

/** Where what happens to models is told of: `models/{site}`. */
export const modelsTopic = (site: string): string => `models/${site}`;

export interface Newsroom {
  /** Loss is allowed: who missed it reads the model. */
  tell(news: ModelNews): Promise<void>;
  /** Resolves once what is told from now on will be heard. */
  listen(site: string, listener: (news: ModelNews) => void): Promise<() => Promise<void>>;
}

export const createNewsroom = (channel: Channel, report: (error: unknown) => void): Newsroom => ({
  async tell(news) {
    await channel.publish(modelsTopic(news.site), news).catch(report);
  },
  listen: (site, listener) =>
    channel.subscribe<ModelNews>([modelsTopic(site)], (frame) => {
      if (frame.type === "message") listener(frame.data);
    }),
});
