import { memoryStore } from "@attune/core/memory";
import { createModelRegistry } from "@attune/ml/registry";
import { describe, expect, it } from "vitest";
import { createEvidenceCounter } from "./evidence-counter.js";
import { createJudge } from "./judge.js";

const ROWS = { rows: 1, errors: 0, notFinite: 0, ms: 1 };

/** A trial at a tenth of all visitors, counted by several processes. */
async function start(processes = 1) {
  let now = 1_000_000;
  const clock = { now: () => now };
  const store = memoryStore({ clock });
  const registry = createModelRegistry(store, { clock });
  const add = async (seed: number) =>
    (
      await registry.add({
        ...{ name: "m", bytes: Uint8Array.of(seed), inputs: ["a"], featuresVersion: null },
        ...{ outputs: ["m"], purposes: [] },
      })
    ).version;
  const [champion, canary] = [await add(1), await add(2)];
  await registry.act("m", { type: "promote", version: champion });
  const tried = await registry.act("m", { type: "canary", version: canary, share: 0.1 });
  if (!tried.ok) throw new Error("not tried");
  const record = tried.value;
  const counters = Array.from({ length: processes }, (_, i) =>
    createEvidenceCounter({ store, now: clock.now, writer: `w${i}` }),
  );
  for (const counter of counters) counter.setRun("default", "m", record.runs);
  const judge = createJudge({
    counter: counters[0] as (typeof counters)[number],
    service: () => ({ experimentSums: async () => null }),
    ...{ registry: () => registry, rules: {}, clock },
  });
  now += 60_000;
  const of = (version: string) => ({ site: "default", name: "m", version });
  return {
    ...{ champion, canary },
    /** Visitors of so many predictions each, in one process. */
    score(version: string, visitors: readonly number[], { each = 14, process = 0 } = {}) {
      const counter = counters[process] as (typeof counters)[number];
      for (const visitor of visitors)
        for (let i = 0; i < each; i++) {
          counter.count(of(version), ROWS);
          counter.countKeys(of(version), [String(visitor)]);
        }
    },
    async look(after = 2000) {
      now += after;
      for (const counter of counters) await counter.flush();
      const { verdict } = await judge("default", record);
      return `${verdict?.verdict} ${verdict?.code}`;
    },
  };
}

const visitors = (count: number, from = 0): number[] => Array.from({ length: count }, (_, i) => from + i);

describe("silence of a version on trial", () => {
  it("is told by different visitors, not by how often they were scored", async () => {
    const { champion, score, look } = await start();
    score(champion, visitors(10));
    expect(await look()).toBe("wait early");
    for (let i = 0; i < 20; i++) score(champion, visitors(10));
    expect(await look()).toBe("wait early");
    score(champion, visitors(121, 10));
    expect(await look()).toBe("wait early");
    score(champion, [131]);
    expect(await look()).toBe("rollback no-data");
  });

  it("is told by what one process knows: a visitor whom several meet is one", async () => {
    const { champion, score, look } = await start(4);
    for (let process = 0; process < 4; process++) score(champion, visitors(100), { process });
    expect(await look()).toBe("wait early");
    score(champion, visitors(32, 100), { process: 2 });
    expect(await look()).toBe("rollback no-data");
  });

  it("is told later, too, of visitors who were here before", async () => {
    const { champion, canary, score, look } = await start();
    const returning = (from: number) => visitors(500, (from * 500) % 9000);
    // So many visitors that those of before come again.
    for (let at = 0; at < 40; at++) {
      score(champion, returning(at), { each: 2 });
      score(canary, visitors(4, 9100));
      expect(await look()).toBe("wait holding");
    }
    // The same ten again and again say nothing.
    for (let at = 0; at < 6; at++) {
      score(champion, visitors(10, 9500));
      expect(await look()).toBe("wait holding");
    }
    score(champion, returning(40));
    expect(await look()).toBe("rollback no-data");
  });
});
