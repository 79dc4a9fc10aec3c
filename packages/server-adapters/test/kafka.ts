import { AsyncLocalStorage } from "node:async_hooks";
import type { TestRunner } from "@attune/core/testing";
import { Kafka, logLevel } from "kafkajs";
import { it } from "vitest";
import { locate, type Started, start } from "./programs.ts";

/**
 * Kafka as far as it can be had without a JVM: the mock cluster of librdkafka inside kcat, three brokers that speak the
 * real protocol over sockets (produce, fetch, groups, offsets). It has no controller, no DeleteRecords, no ListGroups,
 * keeps the newest 5 MB of a partition, makes topics of four partitions when they are asked for, and begins every group
 * with a wait of 3 s.
 */
export const KCAT = locate("kcat", "KCAT", ["kcat", "kafkacat"]);

export interface MockCluster {
  readonly brokers: string[];
  stop(): Promise<void>;
}

export async function mockCluster(): Promise<MockCluster> {
  const args = "-b x:1 -X test.mock.num.brokers=3 -d mock -C -t keepalive -q".split(" ");
  const found = (output: string): string | undefined =>
    /bootstrap\.servers=((?:[\d.]+:\d+,?){3})/.exec(output)?.[1];
  const started: Started = await start(KCAT.path ?? "", args, (output) => found(output) !== undefined);
  const brokers = (found(started.output()) ?? "").split(",").filter((broker) => broker !== "");
  return { brokers, stop: () => started.stop("SIGKILL") };
}

export const client = (brokers: string[]): Kafka =>
  new Kafka({ brokers, clientId: "attune-test", logLevel: logLevel.NOTHING });

/**
 * The mock cluster takes its wait of 3 s out of a member's first session, and rebalances after the session less a
 * second.
 */
export const FAST = { sessionTimeoutMs: 3500, heartbeatMs: 100, pollMs: 50 };

/**
 * Runs the cases of a suite all at once, when the first is asked for: most of their time is the mock cluster's waiting.
 * `current()` gives each case its own topic.
 */
export function beside(): { runner: Pick<TestRunner, "it">; current(): string } {
  const topics = new AsyncLocalStorage<string>();
  const bodies: (() => Promise<void>)[] = [];
  let outcomes: Promise<PromiseSettledResult<void>>[] | null = null;
  const begin = (): Promise<PromiseSettledResult<void>>[] =>
    bodies.map(async (body, i) => {
      const [outcome] = await Promise.allSettled([topics.run(`topic-${i}`, body)]);
      return outcome;
    });
  const add = (name: string, body: () => Promise<void>): void => {
    const index = bodies.push(body) - 1;
    const run = async (): Promise<void> => {
      outcomes ??= begin();
      const outcome = await outcomes[index];
      if (outcome?.status === "rejected") throw outcome.reason;
    };
    it(name, run, 40_000);
  };
  const skip = (name: string, body: () => Promise<void>): void => it.skip(name, body);
  return { runner: { it: Object.assign(add, { skip }) }, current: () => topics.getStore() ?? "" };
}
