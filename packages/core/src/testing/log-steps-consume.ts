import type { LogRecord } from "../ports/log.js";
import { assert, eventually } from "./assert.js";
import type { Arbitrary, FastCheck } from "./fast-check.js";
import { call, type Step } from "./histories.js";
import type { LogContext } from "./log-case.js";
import type { LogModel } from "./log-model.js";

interface Consumed extends LogContext {
  model: LogModel;
}

interface ConsumeInput {
  group: string;
  maxBatch: number;
  /** So many batches are taken before the first failure. */
  take: number;
  /** Whether the handler fails for good after that, or goes on after one failure, or never fails. */
  then: "fails" | "fails once" | "goes on";
}

/** A consumer comes, is given batches, fails or does not, and is stopped; it may have to come again. */
export function consumeSteps(fc: FastCheck, groups: readonly string[]): Arbitrary<Step<Consumed>> {
  return fc
    .record<ConsumeInput>({
      group: fc.constantFrom(...groups),
      maxBatch: fc.integer({ min: 1, max: 5 }),
      take: fc.integer({ min: 0, max: 3 }),
      // One failure costs a real back-off, so it is the rarest.
      then: fc.oneof<ConsumeInput["then"]>(
        { weight: 19, arbitrary: fc.constantFrom("fails", "goes on") },
        { weight: 1, arbitrary: fc.constantFrom("fails once") },
      ),
    })
    .map((input) => ({
      run: (history) => consume(history, input),
      toString: () =>
        call("consume", input.group, { maxBatch: input.maxBatch }, `takes ${input.take}, then ${input.then}`),
    }));
}

async function consume(
  { log, model }: Consumed,
  { group, maxBatch, take, then }: ConsumeInput,
): Promise<void> {
  let taken = 0;
  let failures = 0;
  const flaws: unknown[] = [];
  model.join(group);
  const handler = async (batch: readonly LogRecord[]): Promise<void> => {
    try {
      checkBatch(model, { group, batch, maxBatch });
    } catch (flaw) {
      flaws.push(flaw);
    }
    if (taken >= take && (then === "fails" || (then === "fails once" && failures === 0))) {
      failures++;
      throw new Error("the handler's own");
    }
    taken++;
    // What the handler takes is what the log must have committed once the consumer has stopped.
    for (const { shard, position } of batch) model.commit(group, shard, position);
  };
  const consumer = await log.consume(group, handler, { maxBatch });
  const isOver = (): boolean =>
    flaws.length > 0 || model.lag(group) === 0 || (then === "fails" && failures > 0);
  try {
    await eventually(isOver, "the consumer gets what is pending", 20_000, 0);
  } finally {
    await consumer.stop();
  }
  if (flaws.length > 0) throw flaws[0];
  for (let shard = 0; shard < log.capabilities.shards; shard++)
    assert.equal(
      await log.committed(group, shard),
      model.committed(group, shard),
      `committed of shard ${shard}`,
    );
  assert.equal(await log.lag(group), model.lag(group), "lag");
}

/** A batch is not empty, not too long, and in each shard what comes next for the group. */
function checkBatch(
  model: LogModel,
  { group, batch, maxBatch }: { group: string; batch: readonly LogRecord[]; maxBatch: number },
): void {
  assert.ok(batch.length >= 1 && batch.length <= maxBatch, `a batch of 1–${maxBatch}, not ${batch.length}`);
  for (const shard of new Set(batch.map((record) => record.shard))) {
    const own = batch.filter((record) => record.shard === shard);
    assert.equal(own, model.pending(group, shard).slice(0, own.length), `the batch of shard ${shard}`);
  }
}
