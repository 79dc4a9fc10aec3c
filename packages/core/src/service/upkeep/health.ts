import type { Channel } from "../../ports/channel.js";
import type { Store } from "../../ports/store.js";
import type { ServiceContext } from "../context.js";
import { MINUTE_MS } from "../figures/figures.js";
import { readFigure } from "../figures/read-figure.js";
import { FOLD_GROUP } from "../fold/worker.js";
import { PROBE_MS, probePartition } from "../layout/partitions.js";
import { within } from "../tools/platform.js";

export interface PortHealth {
  ok: boolean;
  detail?: string;
}

/** Longer than this is not well, ms. */
const PATIENCE_MS = 2_000;
const LATE = Symbol();
const UNANSWERED: PortHealth = { ok: false, detail: `No answer within ${PATIENCE_MS} ms.` };

async function probeStore(store: Store, token: string, now: number): Promise<PortHealth> {
  const partition = probePartition("default");
  await store.put(partition, token, { token }, { expiresAt: now + PROBE_MS });
  const found = await store.get<{ token: string }>(partition, token);
  await store.delete(partition, token);
  return found?.value.token === token
    ? { ok: true }
    : { ok: false, detail: "What was written could not be read back." };
}

async function probeChannel(channel: Channel, token: string): Promise<PortHealth> {
  const topic = probePartition("default");
  let arrived = (): void => undefined;
  const arrival = new Promise<void>((resolve) => {
    arrived = resolve;
  });
  const leave = await channel.subscribe<string>([topic], (frame) => {
    if (frame.type === "message" && frame.data === token) arrived();
  });
  try {
    // Bounded here too: a message that is lost must not keep the subscription.
    const sent = Promise.all([channel.publish(topic, token), arrival]);
    return (await within(sent, PATIENCE_MS, LATE)) === LATE ? UNANSWERED : { ok: true };
  } finally {
    await leave();
  }
}

/** Really asks each port: a record written, read and removed; the log's lag; a figure of the last minute; a message sent and received. */
export async function probe({
  hot,
  durable,
  log,
  channel,
  series,
  clock,
  ids,
  lost,
}: ServiceContext): Promise<Record<string, PortHealth>> {
  const token = ids();
  const asked: [string, () => Promise<PortHealth>][] = [["hot", () => probeStore(hot, token, clock.now())]];
  if (durable !== hot) asked.push(["durable", () => probeStore(durable, token, clock.now())]);
  if (log !== null) {
    // Well all the same: nothing that is done to this process brings them back.
    const gone = lost.entries === 0 ? "" : `; up to ${lost.entries} were lost before they were folded`;
    asked.push(["log", async () => ({ ok: true, detail: `${await log.lag(FOLD_GROUP)} to fold${gone}` })]);
  }
  if (series !== null) {
    const lastMinute = async (): Promise<PortHealth> => {
      const to = clock.now();
      await readFigure({ series }, "default", {
        figure: "events",
        from: to - MINUTE_MS,
        to,
        windowMs: MINUTE_MS,
      });
      return { ok: true };
    };
    asked.push(["series", lastMinute]);
  }
  if (channel !== null) asked.push(["channel", () => probeChannel(channel, token)]);
  const answers = asked.map(async ([name, ask]): Promise<[string, PortHealth]> => {
    try {
      const health = await within(ask(), PATIENCE_MS, LATE);
      return [name, health === LATE ? UNANSWERED : health];
    } catch (error) {
      return [name, { ok: false, detail: error instanceof Error ? error.name : "It failed." }];
    }
  });
  return Object.fromEntries(await Promise.all(answers));
}
