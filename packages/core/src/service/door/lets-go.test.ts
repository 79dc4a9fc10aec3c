import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, it } from "vitest";
import { memoryKeys } from "../../../test/memory-keys.js";
import { memoryLog, memoryStore } from "../../memory/index.js";
import type { Log } from "../../ports/log.js";
import { createPersonalizationService } from "../create-service.js";
import { sample } from "../service.test.suite.js";

/** A log that has the text of its entries at once, as the durable ones do, and answers when it is let. */
function slowLog() {
  const texts: string[] = [];
  let answer = (): void => undefined;
  const answered = new Promise<void>((resolve) => {
    answer = resolve;
  });
  const inner = memoryLog();
  const log: Log = {
    ...inner,
    capabilities: { ...inner.capabilities, durable: true },
    append(entries) {
      texts.push(JSON.stringify(entries));
      return answered;
    },
  };
  return { log, texts, answer };
}

it.each([
  ["nothing is left out", {}],
  ["its load is watched", { sampling: {} }],
])("a batch that waits for the log holds nothing of its events, where %s", async (_, over) => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const { log, texts, answer } = slowLog();
  const { key } = memoryKeys();
  const service = createPersonalizationService({
    stores: { hot: memoryStore() },
    log,
    keys: { key },
    worker: false,
    report: () => undefined,
    ...over,
  });
  const seen: WeakRef<object>[] = [];
  const send = () => {
    const events = ["e-1", "e-2"].map((id) => sample({ id, properties: { product_id: `kettle-${id}` } }));
    seen.push(...events.map((event) => new WeakRef(event.properties as object)));
    return service.ingest([...events, { id: "e-3" }]);
  };
  const result = send();
  await expect.poll(() => texts.length).toBe(1);
  expect(texts[0]).toContain("kettle-e-2");
  await expect
    .poll(() => {
      collect();
      return seen.filter((one) => one.deref() !== undefined).length;
    })
    .toBe(0);
  answer();
  const rejected = [expect.objectContaining({ index: 2, eventId: "e-3" })];
  expect(await result).toMatchObject({ accepted: 2, duplicates: null, withheld: 0, rejected, ids: {} });
  await service.close();
});
