import type { Channel, ChannelFrame } from "../ports/channel.js";
import { assert, eventually, pause } from "./assert.js";
import { type ConformanceCase, register, type Skips, type TestRunner } from "./conformance.js";

export interface ChannelConformanceOptions {
  name: string;
  make(): Promise<Channel>;
  dispose?(): Promise<void>;
  skips?: Skips;
}

type ChannelCase = ConformanceCase<Channel, never>;

/** Long enough for what should not arrive to arrive. */
const SILENCE_MS = 50;

const listener = (): { frames: ChannelFrame[]; hear: (frame: ChannelFrame) => void } => {
  const frames: ChannelFrame[] = [];
  return { frames, hear: (frame) => void frames.push(frame) };
};

const message = (topic: string, data: unknown): ChannelFrame => ({ type: "message", topic, data });

const cases: readonly ChannelCase[] = [
  {
    name: "delivers to every subscriber of the topic, in order",
    async run(channel) {
      const [one, two] = [listener(), listener()];
      await channel.subscribe(["site/a"], one.hear);
      await channel.subscribe(["site/a"], two.hear);
      for (let i = 0; i < 50; i++) await channel.publish("site/a", { i });
      const expected = Array.from({ length: 50 }, (_, i) => message("site/a", { i }));
      await eventually(() => one.frames.length === 50 && two.frames.length === 50, "delivery");
      assert.equal(one.frames, expected, "first listener");
      assert.equal(two.frames, expected, "second listener");
    },
  },
  {
    name: "topics match exactly, whatever they are called",
    async run(channel) {
      const topics = ["", "a", "a/b", "a*", "a?", "[a]", "__proto__", "}{tag}", "ünï 😀"];
      const heard = topics.map(listener);
      await Promise.all(
        topics.map((topic, i) => channel.subscribe([topic], heard[i]?.hear ?? (() => undefined))),
      );
      for (const topic of topics) await channel.publish(topic, topic);
      await channel.publish("nobody", 1);
      await eventually(() => heard.every(({ frames }) => frames.length > 0), "delivery");
      await pause(SILENCE_MS);
      heard.forEach(({ frames }, i) => assert.equal(frames, [message(topics[i] ?? "", topics[i])], "frames"));
    },
  },
  {
    name: "one subscription can have several topics",
    async run(channel) {
      const { frames, hear } = listener();
      const leave = await channel.subscribe(["a", "b"], hear);
      await channel.publish("a", 1);
      await channel.publish("b", 2);
      await eventually(() => frames.length === 2, "delivery");
      assert.equal(frames.map(({ topic }) => topic).sort(), ["a", "b"], "topics");
      await leave();
      await channel.publish("a", 3);
      await channel.publish("b", 4);
      await pause(SILENCE_MS);
      assert.equal(frames.length, 2, "after leaving");
    },
  },
  {
    name: "who leaves hears no more, and the others do",
    async run(channel) {
      const [one, two] = [listener(), listener()];
      const leave = await channel.subscribe(["a"], one.hear);
      await channel.subscribe(["a"], two.hear);
      await channel.publish("a", 1);
      await eventually(() => one.frames.length === 1 && two.frames.length === 1, "before");
      await leave();
      await leave();
      await channel.publish("a", 2);
      await eventually(() => two.frames.length === 2, "the other");
      assert.equal(one.frames.length, 1, "who left");
    },
  },
  {
    name: "the same function subscribed twice hears twice, and leaves one at a time",
    async run(channel) {
      const { frames, hear } = listener();
      const leave = await channel.subscribe(["a"], hear);
      await channel.subscribe(["a"], hear);
      await channel.publish("a", 1);
      await eventually(() => frames.length === 2, "twice");
      await leave();
      await channel.publish("a", 2);
      await eventually(() => frames.length === 3, "once");
      await pause(SILENCE_MS);
      assert.equal(frames.length, 3, "not more");
    },
  },
  {
    name: "a throwing listener harms neither the others nor the publisher",
    async run(channel) {
      const { frames, hear } = listener();
      await channel.subscribe(["a"], () => {
        throw new Error("the listener's own");
      });
      await channel.subscribe(["a"], async () => {
        throw new Error("the listener's own, later");
      });
      await channel.subscribe(["a"], hear);
      await channel.publish("a", 1);
      await channel.publish("a", 2);
      await eventually(() => frames.length === 2, "delivery");
    },
  },
  {
    name: "what was published before a subscription does not reach it",
    async run(channel) {
      const { frames, hear } = listener();
      await channel.publish("a", 1);
      await channel.subscribe(["a"], hear);
      await channel.publish("a", 2);
      await eventually(() => frames.length > 0, "delivery");
      assert.equal(frames, [message("a", 2)], "frames");
    },
  },
  {
    name: "a closed channel refuses with ATTUNE_CHANNEL_CLOSED and is silent",
    async run(channel) {
      const { frames, hear } = listener();
      await channel.subscribe(["a"], hear);
      // Perhaps still on its way when the channel is closed.
      await channel.publish("a", 1);
      await channel.close();
      const { length } = frames;
      await assert.rejects(() => channel.publish("a", 2), "publish", "ATTUNE_CHANNEL_CLOSED");
      await assert.rejects(() => channel.subscribe(["a"], hear), "subscribe", "ATTUNE_CHANNEL_CLOSED");
      await channel.close();
      await pause(SILENCE_MS);
      assert.equal(frames.length, length, "frames after close");
    },
  },
];

/** What every `Channel` must do. Loss is allowed by the port, but not on an idle system: the cases expect delivery within seconds. */
export function channelConformance(runner: TestRunner, options: ChannelConformanceOptions): void {
  register<Channel, never>(runner, {
    title: `channel conformance: ${options.name}`,
    cases,
    lacking: {},
    skips: options.skips ?? {},
    async around(run) {
      const channel = await options.make();
      try {
        await run(channel);
      } finally {
        await channel.close();
        await options.dispose?.();
      }
    },
  });
}
