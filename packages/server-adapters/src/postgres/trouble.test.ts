import { isAttuneError } from "@attune/core";
import type { AtomicStore } from "@attune/core/ports";
import { createFakeClock } from "@attune/core/testing";
import { randomBytes } from "node:crypto";
import { Socket } from "node:net";
import { inspect } from "node:util";
import { Pool } from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { collect } from "../../test/collect.js";
import { type PostgresForTests, postgresProgram, startPostgres } from "../../test/postgres.js";
import { postgresStore, postgresTable } from "./index.js";

const P = "site/v/one";
const clock = createFakeClock();
const program = postgresProgram();

const code = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => "no error",
    (error: unknown) => (isAttuneError(error) ? error.code : String(error)),
  );

describe.skipIf(program.path === null)("PostgreSQL in trouble", () => {
  let server: PostgresForTests;
  let admin: Pool;
  let pool: Pool;
  let store: AtomicStore;
  let table = "";
  let tables = 0;
  beforeAll(async () => {
    server = await startPostgres(program.path ?? "");
    admin = server.pool();
    pool = server.pool();
  }, 60_000);
  afterAll(() => server.stop());
  beforeEach(async () => {
    table = `records_${++tables}`;
    await admin.query(postgresTable(table));
    store = postgresStore({ pool, table, clock });
  });

  /** Ends every connection of the pool under test in the middle of what it does. */
  const cut = (): Promise<unknown> =>
    admin.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE $1 AND pid <> pg_backend_pid()",
      [`%${table}%`],
    );

  it("commits that are repeated under their tokens while connections are cut take effect once each", async () => {
    const names = Array.from({ length: 120 }, (_, i) => `event-${i}`);
    let failures = 0;
    const add = async (once: string): Promise<void> => {
      for (;;) {
        try {
          const [a, b] = await store.getMany<number>([
            { partition: P, sort: "a" },
            { partition: P, sort: "b" },
          ]);
          const { status } = await store.commit(
            P,
            [
              { op: "put", sort: "a", value: (a?.value ?? 0) + 1, ifVersion: a?.version ?? 0 },
              { op: "put", sort: "b", value: (b?.value ?? 0) + 1, ifVersion: b?.version ?? 0 },
              { op: "put", sort: `log/${once}`, value: 1 },
            ],
            { once },
          );
          if (status !== "conflict") return;
        } catch (error) {
          expect(await code(Promise.reject(error))).toBe("ATTUNE_POSTGRES_UNAVAILABLE");
          failures++;
        }
      }
    };
    let working = true;
    onTestFinished(() => {
      working = false;
    });
    let done = 0;
    const cutting = (async () => {
      // Once for each step forward: on a slow machine nothing comes to its end between two cuts that follow each other by the clock.
      for (let seen = -1; working; ) {
        if (done > seen) {
          seen = done;
          await cut();
        }
        await new Promise((resolve) => setTimeout(resolve, 15));
      }
    })();
    const queue = [...names];
    await Promise.all(
      Array.from({ length: 4 }, async () => {
        for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
          await add(name);
          done++;
        }
      }),
    );
    working = false;
    await cutting;
    expect(failures).toBeGreaterThan(0);
    const [a, b] = [await store.get(P, "a"), await store.get(P, "b")];
    expect([a?.value, a?.version, b?.value, b?.version]).toEqual([120, 120, 120, 120]);
    expect(await collect(store.scan(P, { prefix: "log/" }))).toHaveLength(120);
  });

  it("single puts and commits that create the same records at once: every version is counted, one creation wins", async () => {
    for (let round = 0; round < 20; round++) {
      const sort = `new/${round}`;
      const results = await Promise.all([
        store.commit(P, [
          { op: "put", sort, value: "commit", ifVersion: 0 },
          { op: "put", sort: `${sort}/beside`, value: 1 },
        ]),
        store.put(P, sort, "put", { ifVersion: 0 }),
        store.commit(P, [{ op: "put", sort, value: "other", ifVersion: 0 }]),
      ]);
      const won = results.map((result) =>
        "status" in result ? result.status === "committed" : result.written,
      );
      expect(won.filter(Boolean)).toHaveLength(1);
      const record = await store.get(P, sort);
      expect([record?.value, record?.version]).toEqual([["commit", "put", "other"][won.indexOf(true)], 1]);
      expect(await store.get(P, `${sort}/beside`)).toEqual(won[0] ? expect.anything() : null);
    }
    await Promise.all(
      Array.from({ length: 30 }, (_, i) =>
        i % 2 ? store.put(P, "count", i) : store.commit(P, [{ op: "put", sort: "count", value: i }]),
      ),
    );
    expect((await store.get(P, "count"))?.version).toBe(30);
  });

  /** Holds a record's row, starts what must wait for it, lets something happen meanwhile, and lets go. */
  async function whileHeld<T>(
    sort: string,
    start: () => Promise<T>[],
    meanwhile: () => Promise<unknown>,
  ): Promise<T[]> {
    const holder = await admin.connect();
    await holder.query("BEGIN");
    await holder.query(`SELECT FROM "${table}" WHERE sort = $1 FOR UPDATE`, [Buffer.from(sort)]);
    const started = start();
    const waiting = `SELECT count(*)::int AS n FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query NOT LIKE '%LIKE%'`;
    await expect
      .poll(async () => (await admin.query<{ n: number }>(waiting)).rows[0]?.n, {
        timeout: 10_000,
        interval: 10,
      })
      .toBe(started.length);
    await meanwhile();
    await holder.query("COMMIT");
    holder.release();
    return Promise.all(started);
  }

  it("a record that is put between a commit's look and its write is not overlooked", async () => {
    await store.put(P, "gate", 1);
    const [conflict] = await whileHeld(
      "gate",
      () => [
        store.commit(P, [
          { op: "check", sort: "gate", ifVersion: 1 },
          { op: "put", sort: "new", value: "commit", ifVersion: 0 },
        ]),
      ],
      () => store.put(P, "new", "put"),
    );
    expect(conflict).toEqual({ status: "conflict", sort: "new" });
    expect((await store.get(P, "new"))?.value).toBe("put");
    await store.delete(P, "new");
    const [over] = await whileHeld(
      "gate",
      () => [
        store.commit(P, [
          { op: "check", sort: "gate", ifVersion: 1 },
          { op: "put", sort: "new", value: "commit" },
        ]),
      ],
      () => store.put(P, "new", "put"),
    );
    expect(over).toEqual({ status: "committed" });
    expect(await store.get(P, "new")).toMatchObject({ value: "commit", version: 2 });
  });

  it("of two commits that each check that the other's record is absent, one goes through", async () => {
    await store.put(P, "gate", 1);
    const claim = (mine: string, theirs: string): ReturnType<AtomicStore["commit"]> =>
      store.commit(P, [
        { op: "check", sort: "gate", ifVersion: 1 },
        { op: "check", sort: theirs, ifVersion: 0 },
        { op: "put", sort: mine, value: 1 },
      ]);
    const results = await whileHeld(
      "gate",
      () => [claim("left", "right"), claim("right", "left")],
      async () => undefined,
    );
    expect(results.map(({ status }) => status).sort()).toEqual(["committed", "conflict"]);
  });

  it("steps of one commit on the same record are taken in their order", async () => {
    await store.put(P, "a", 0);
    await store.commit(P, [
      { op: "put", sort: "a", value: 1, ifVersion: 1 },
      { op: "put", sort: "a", value: 2, ifVersion: 1 },
      { op: "put", sort: "b", value: 1 },
      { op: "delete", sort: "b" },
      { op: "put", sort: "c", value: 1 },
      { op: "delete", sort: "c" },
      { op: "put", sort: "c", value: 2, expiresAt: clock.now() + 5 },
    ]);
    const left = (await collect(store.scan(P))).map(({ sort, value, version }) => [sort, value, version]);
    expect(left).toEqual([
      ["a", 2, 3],
      ["c", 2, 1],
    ]);
  });

  it("a sweep, a removal and writes at once neither lock each other up nor take what is new", async () => {
    for (let i = 0; i < 50; i++) await store.put(P, `k/${i}`, "old", { expiresAt: clock.now() + 5 });
    clock.advance(5);
    const writes = Array.from({ length: 50 }, (_, i) =>
      i % 2
        ? store.put(P, `k/${i}`, "new")
        : store.commit(P, [
            { op: "put", sort: `k/${i}`, value: "new" },
            { op: "put", sort: `k/${(i + 2) % 50}`, value: "new" },
          ]),
    );
    await Promise.all([...writes, store.sweep(), store.sweep(), store.deletePartition("site/v/two")]);
    expect((await collect(store.scan(P))).filter(({ value }) => value === "new")).toHaveLength(50);
  });

  it("keys may have 2600 bytes however badly they compress; more is refused", async () => {
    const longest = randomBytes(1300).toString("hex").slice(0, 2590);
    await store.put("0123456789", longest, 1);
    expect(await store.delete("0123456789", longest)).toBe(true);
    expect(await code(store.put("0123456789x", longest, 1))).toBe("ATTUNE_STORE_KEY");
    expect(await code(store.commit(P, [], { once: longest }))).toBe("no error");
    expect(await code(store.commit(P, [], { once: `${longest}0123456789` }))).toBe("ATTUNE_STORE_KEY");
    await store.put("", "", "empty");
    expect(await collect(store.partitions(""))).toEqual([""]);
  });

  it("says what is wrong: no table, a newer layout, no server; names that would be SQL are refused", async () => {
    expect(await code(postgresStore({ pool, table: "nowhere" }).get(P, "a"))).toBe("ATTUNE_POSTGRES_TABLE");
    await admin.query(`UPDATE "${table}" SET version = 2 WHERE kind = 2`);
    const late = postgresStore({ pool, table });
    expect(await code(late.get(P, "a"))).toBe("ATTUNE_STORE_SCHEMA");
    await admin.query(`UPDATE "${table}" SET version = 1 WHERE kind = 2`);
    expect(await code(late.get(P, "a"))).toBe("no error");
    const lost = new Pool({ host: "127.0.0.1", port: 1 });
    expect(await code(postgresStore({ pool: lost }).put(P, "a", 1))).toBe("ATTUNE_POSTGRES_UNAVAILABLE");
    const stranger = (): Socket => {
      const socket = new Socket();
      const error = Object.assign(new Error("Not to be trusted."), { code: "DEPTH_ZERO_SELF_SIGNED_CERT" });
      socket.connect = () => socket.destroy(error);
      return socket;
    };
    const untrusted = new Pool({ stream: stranger });
    expect(await code(postgresStore({ pool: untrusted }).get(P, "a"))).toBe("ATTUNE_POSTGRES_UNAVAILABLE");
    await Promise.all([lost.end(), untrusted.end()]);
    for (const name of ['a"; DROP TABLE x; --', "A", "a.b.c", "", "x".repeat(49)])
      expect(() => postgresTable(name)).toThrow(/letters/);
    await admin.query('CREATE SCHEMA IF NOT EXISTS "own"');
    await admin.query(postgresTable("own.records"));
    await admin.query(postgresTable("own.records"));
    expect(await postgresStore({ pool, table: "own.records" }).put(P, "a", 1)).toEqual({
      written: true,
      version: 1,
    });
  });

  it("errors keep their cause without what it repeats of a row, which is personal data", async () => {
    await admin.query(`ALTER TABLE "${table}" ADD CHECK (length(value) < 20)`);
    const value = "a secret that is far too long";
    const refused = [
      () => store.put(P, "a", value),
      () => store.commit(P, [{ op: "put", sort: "a", value }]),
    ];
    for (const call of refused) {
      const error: unknown = await call().catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: "ATTUNE_POSTGRES_REFUSED", cause: { code: "23514" } });
      expect(inspect(error, { depth: 9, showHidden: true })).not.toContain("secret");
    }
  });

  it("a record that expires at Infinity never does, and says nothing of it", async () => {
    const never = { expiresAt: Number.POSITIVE_INFINITY };
    await store.put(P, "a", 1, never);
    await store.commit(P, [{ op: "put", sort: "b", value: 1, ...never }]);
    for (const record of await collect(store.scan(P))) expect(record).not.toHaveProperty("expiresAt");
  });

  it("closing the store leaves the host's pool open", async () => {
    await store.close();
    expect((await pool.query("SELECT 1 AS one")).rows).toEqual([{ one: 1 }]);
  });
});
