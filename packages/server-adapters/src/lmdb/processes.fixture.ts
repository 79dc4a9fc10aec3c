import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { writeSync } from "node:fs";
import { setImmediate as nextTurn, setTimeout as sleep } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { lmdbLog, lmdbSeries, lmdbStore } from "./index.js";

/**
 * Run as a process of its own: `consume`, `append`, `count`, `reopen`, `again`, `thread`, `open`, `fill` or `measure` on a folder. What it has done it prints, a line each, once that
 * is durable.
 */
const [role = "", path = "", name = "", amount = "0"] = process.argv.slice(2);
const count = Number(amount);
const tell = (...words: (string | number)[]): void => void writeSync(1, `${words.join(" ")}\n`);

/** `processes.test.ts` counts with it. */
const MAX_BATCH = 20;

const roles: Record<string, () => Promise<void>> = {
  /** Handles entries for ever, each noted in the store, slowly (`amount` ms a batch) so that a kill falls into the work. */
  async consume() {
    const [log, store] = [lmdbLog({ path }), lmdbStore({ path })];
    await log.consume<number>(
      "group",
      async (batch) => {
        tell("begun");
        await sleep(count);
        for (const { key, value, position } of batch) {
          await store.put("handled", `${key}/${String(value).padStart(6, "0")}`, { by: name, position });
          tell(key, value);
        }
      },
      {
        maxBatch: MAX_BATCH,
        onError: (error) => tell("error", (error as { code?: string }).code ?? String(error)),
      },
    );
    tell("ready");
    // A consumer by itself keeps no process alive.
    setInterval(() => undefined, 60_000);
  },
  /** Appends rounds of ten entries for ever, one for each of ten keys, and waits where the group is more than `amount` entries behind. */
  async append() {
    const log = lmdbLog({ path });
    for (let n = 0; ; n++) {
      await log.append(Array.from({ length: 10 }, (_, i) => ({ key: `k${i}`, value: n })));
      tell(n);
      do await sleep(15);
      while ((await log.lag("group")) > count);
    }
  },
  /** Adds one to a number that others add to as well, so many times. */
  async count() {
    const store = lmdbStore({ path });
    for (let n = 0; n < count; ) {
      const record = await store.get<number>("p", "sum");
      const ops = [
        { op: "put", sort: "sum", value: (record?.value ?? 0) + 1, ifVersion: record?.version ?? 0 },
        { op: "put", sort: `by/${name}`, value: n + 1 },
      ] as const;
      if ((await store.commit("p", ops)).status === "committed") n++;
    }
    await store.close();
    tell("closed");
  },
  /** Opens the store and closes it, again and again. */
  async reopen() {
    for (;;) {
      const store = lmdbStore({ path });
      await store.get("p", "sum");
      await store.close();
      tell("reopened");
    }
  },
  /** Opens the store while it is being closed, in each turn that this takes. */
  async again() {
    for (let n = 0; n < count; n++) {
      const before = lmdbStore({ path });
      await before.put("p", "s", n);
      const closing = before.close();
      for (let turn = 0; turn < n % 5; turn++) await nextTurn();
      const after = lmdbStore({ path });
      await closing;
      await after.put("p", "s", n + 1);
      await after.close();
    }
    tell("closed");
  },
  /** Has the store open, has it set back by a process that runs the script in its name, and opens the files in another thread. */
  async thread() {
    const store = lmdbStore({ path });
    for (let n = 1; n <= 5; n++) await store.put("p", "s", n);
    execFileSync(process.execPath, ["--eval", name]);
    await once(new Worker(new URL(import.meta.url), { argv: ["open", path] }), "exit");
    execFileSync(process.execPath, ["--eval", name]);
    await store.close();
    tell("closed");
  },
  /** Opens each file, where it can be opened. */
  async open() {
    for (const [what, open] of Object.entries({ log: lmdbLog, store: lmdbStore, series: lmdbSeries })) {
      try {
        await open({ path }).close();
        tell(what, "opened");
      } catch (error) {
        tell(what, (error as { code?: string }).code ?? "");
      }
    }
  },
  /** Writes from eight lanes until nothing is taken any more, and a little longer. */
  async fill() {
    const flush = name === "flush";
    const [log, store] = [lmdbLog({ path, flush }), lmdbStore({ path, flush })];
    const text = "x".repeat(20_000);
    const writes = {
      append: () => log.append([{ key: "k", value: text }]),
      commit: (to: string) => store.commit(to, [{ op: "put", sort: "s", value: text }]),
    };
    for (const [what, write] of Object.entries(writes)) {
      const lane = async (lane: number): Promise<void> => {
        for (let n = 0, refusals = 0; n < count && refusals < 3; n++) {
          // Not all in the same transaction.
          await sleep((lane + n) % 4);
          const refusal = await write(`${lane}/${n}`).then(
            () => null,
            (error: { code?: string }) => String(error.code),
          );
          if (refusal !== null) refusals++;
          tell(what, refusal ?? "done");
        }
      };
      await Promise.all(Array.from({ length: 8 }, (_, n) => lane(n)));
    }
    await Promise.all([log.close(), store.close()]);
    tell("closed");
  },
  /** Writes points for ever. */
  async measure() {
    const series = lmdbSeries({ path });
    for (let n = count; ; n++) {
      await series.write([
        { name: "m", at: n, tags: { half: "a" }, fields: { n: 1 } },
        { name: "m", at: n, tags: { half: "b" }, fields: { n: 1 } },
      ]);
      tell(n);
    }
  },
};

await roles[role]?.();
