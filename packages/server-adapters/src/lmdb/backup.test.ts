import { existsSync, mkdtempSync, readdirSync, readlinkSync, realpathSync, rmSync } from "node:fs";
import { type FileHandle, open as openFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { features, type VisitorState } from "@attune/core";
import { memoryChannel } from "@attune/core/memory";
import type { AtomicStore, Log } from "@attune/core/ports";
import { createPersonalizationService, type PersonalizationService } from "@attune/core/service";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { lmdbBackup, lmdbLog, lmdbSeries, lmdbStore } from "./index.js";

let directory = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "attune-backup-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

interface BackEnd {
  hot: AtomicStore;
  log: Log;
  service: PersonalizationService;
  close(): Promise<void>;
}

function open(path: string): BackEnd {
  const [hot, log] = [lmdbStore({ path }), lmdbLog({ path })];
  const service = createPersonalizationService({ stores: { hot }, log, channel: memoryChannel() });
  return {
    hot,
    log,
    service,
    async close() {
      await service.close();
      await Promise.all([log.close(), hot.close()]);
    },
  };
}

const event = (n: number): Record<string, unknown> => ({
  id: `event-${n}`,
  schemaVersion: 1,
  name: "Page Viewed",
  visitorId: `visitor-${n % 7}`,
  sessionId: `session-${n % 7}`,
  occurredAt: Date.now(),
  properties: { n, text: "x".repeat(300) },
  context: { page: { url: "https://shop.example/a", path: "/a" } },
  consent: { purposes: ["necessary", "analytics", "personalization"], policyVersion: "1" },
});

/** Ids of the events that the store has taken. */
async function taken({ hot }: BackEnd): Promise<string[]> {
  const ids: string[] = [];
  for await (const partition of hot.partitions("default/v/"))
    for await (const { sort } of hot.scan(partition, { prefix: "e/" })) ids.push(sort.slice(2));
  return ids;
}

describe("lmdbBackup", { timeout: 60_000 }, () => {
  it("T8 copies made while events come in hold all that was acknowledged before, each counted once", async () => {
    const path = join(directory, "live");
    const live = open(path);
    const acknowledged: number[] = [];
    let next = 0;
    let isOn = true;
    const lane = async (): Promise<void> => {
      while (isOn) {
        const batch = Array.from({ length: 10 }, () => next++);
        await live.service.ingest(batch.map(event));
        acknowledged.push(...batch);
      }
    };
    const lanes = [lane(), lane(), lane()];
    const copies: { to: string; before: number[] }[] = [];
    for (let i = 0; i < 4; i++) {
      while (acknowledged.length < (i + 1) * 150) await new Promise((resolve) => setTimeout(resolve, 5));
      const copy = { to: join(directory, `copy-${i}`), before: [...acknowledged] };
      await lmdbBackup({ path, to: copy.to });
      copies.push(copy);
    }
    isOn = false;
    await Promise.all(lanes);
    await live.close();

    for (const { to, before } of copies) {
      const restored = open(to);
      await restored.service.settled();
      const ids = await taken(restored);
      expect(new Set(ids).size).toBe(ids.length);
      const known = new Set(ids);
      expect(before.filter((n) => !known.has(`event-${n}`))).toEqual([]);
      // What is counted, what is folded and what is kept are the same events.
      expect((await restored.service.summary()).events).toBe(ids.length);
      let folded = 0;
      for await (const partition of restored.hot.partitions("default/v/")) {
        const record = await restored.hot.get<{ state: VisitorState }>(partition, "state");
        // Every event is a page view of its visitor's one session.
        if (record !== null) folded += features(record.value.state).pagesThisSession;
      }
      expect(folded).toBe(ids.length);
      // And it goes on from there; what was sent before is known.
      const again = [...before.slice(0, 20).map(event), event(1_000_000)];
      await restored.service.ingest(again);
      await restored.service.settled();
      expect((await restored.service.summary()).events).toBe(ids.length + 1);
      await restored.close();
    }
  });

  it("takes a folder for each file as well, and what a series holds", async () => {
    const path = join(directory, "live");
    const store = lmdbStore({ path: join(path, "store") });
    const log = lmdbLog({ path: join(path, "log") });
    const series = lmdbSeries({ path: join(path, "series") });
    await store.put("p", "s", 1);
    await log.append([{ key: "k", value: 2 }]);
    await series.write([{ name: "m", at: 3, fields: { f: 4 } }]);
    const to = join(directory, "copy");
    const { files } = await lmdbBackup({ path, to });
    expect(files.map(({ file }) => file)).toEqual(["log/log.mdb", "store/store.mdb", "series/series.mdb"]);
    for (const { bytes } of files) expect(bytes).toBeGreaterThan(0);
    await store.put("p", "s", 5);
    await Promise.all([store.close(), log.close(), series.close()]);

    const copied = lmdbStore({ path: join(to, "store") });
    expect((await copied.get("p", "s"))?.value).toBe(1);
    await copied.close();
    const copiedSeries = lmdbSeries({ path: join(to, "series") });
    const query = { name: "m", field: "f", from: 0, to: 9, windowMs: 10, aggregate: "sum" } as const;
    expect((await copiedSeries.query(query))[0]?.windows).toEqual([{ at: 0, value: 4 }]);
    await copiedSeries.close();
  });

  it.skipIf(process.platform !== "linux")(
    "T8 is told as done once the files and the folders that name them are on the disk",
    async () => {
      const path = join(directory, "live");
      const [store, log] = [lmdbStore({ path: join(path, "store") }), lmdbLog({ path: join(path, "log") })];
      await store.put("p", "s", 1);
      const handle = await openFile(directory, "r");
      const handles = Object.getPrototypeOf(handle) as FileHandle;
      await handle.close();
      const sync = handles.sync;
      /** What was put on the disk, each with what a folder then named. */
      const synced: [string, string[]][] = [];
      const spy = vi.spyOn(handles, "sync").mockImplementation(async function (this: FileHandle) {
        const name = readlinkSync(`/proc/self/fd/${this.fd}`);
        const isFolder = (await this.stat()).isDirectory();
        synced.push([name, isFolder ? readdirSync(name).sort() : []]);
        return sync.call(this);
      });
      await lmdbBackup({ path, to: join(directory, "copies", "today") });
      spy.mockRestore();
      const root = realpathSync(directory);
      const last = Object.fromEntries(synced.map(([name, names]) => [name.slice(root.length), names]));
      expect(last).toEqual({
        "/copies/today/log/log.mdb.partial": [],
        "/copies/today/store/store.mdb.partial": [],
        "/copies/today/log": ["log.mdb"],
        "/copies/today/store": ["store.mdb"],
        "/copies/today": ["log", "store"],
        "/copies": ["today"],
        "": ["copies", "live"],
      });
      await Promise.all([store.close(), log.close()]);
    },
  );

  it("refuses where there is nothing to copy and where a copy is already, and leaves nothing behind", async () => {
    const to = join(directory, "copy");
    const refusal = (code: string): unknown => expect.objectContaining({ code });
    await expect(lmdbBackup({ path: directory, to })).rejects.toEqual(refusal("ATTUNE_BACKUP_SOURCE"));
    expect(existsSync(to)).toBe(false);
    const path = join(directory, "live");
    const store = lmdbStore({ path });
    await store.put("p", "s", 1);
    await lmdbBackup({ path, to });
    const before = readdirSync(to);
    await store.put("p", "s", 2);
    await expect(lmdbBackup({ path, to })).rejects.toEqual(refusal("ATTUNE_BACKUP_TARGET"));
    expect(readdirSync(to)).toEqual(before);
    await store.close();
  });
});
