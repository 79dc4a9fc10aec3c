import type { SeriesPoint } from "../ports/series.js";
import { assert } from "./assert.js";
import { HOUR, MINUTE, point, query, type SeriesCase, T0, windows } from "./series-case.js";

/** Writing, replacing, refusing, dropping. */
export const seriesPointCases: readonly SeriesCase[] = [
  {
    name: "says what it is",
    async run({ series, capabilities }) {
      assert.equal(series.capabilities.durable, capabilities.durable, "durable");
    },
  },
  {
    name: "an empty write is fine, and nothing is read as nothing",
    async run({ series }) {
      await series.write([]);
      assert.equal(await series.query(query()), [], "no such name");
      await series.write([point(0, 1)]);
      assert.equal(await series.query(query({ name: "other" })), [], "another name");
      assert.equal(await series.query(query({ field: "other" })), [], "another field");
      assert.equal(await series.query(query({ where: { site: "a" } })), [], "a tag that no point has");
      assert.equal(await series.query(query({ from: T0 + 1 })), [], "another time");
    },
  },
  {
    name: "a point written again has one effect",
    async run({ series }) {
      const points = [point(0, 1, { site: "a" }), point(1000, 2, { site: "a" })];
      await series.write(points);
      await series.write(points);
      await series.write([...points, ...points]);
      assert.equal(windows(await series.query(query())), [[[0, 3]]], "sum");
      assert.equal(windows(await series.query(query({ aggregate: "count" }))), [[[0, 2]]], "count");
    },
  },
  {
    name: "a point written again replaces the fields it gives and keeps the others",
    async run({ series }) {
      const at = { name: "m", at: T0, tags: { site: "a", kind: "x" } };
      await series.write([{ ...at, fields: { f: 1, g: 10 } }]);
      // The same tags in another order are the same tags.
      await series.write([{ ...at, tags: { kind: "x", site: "a" }, fields: { f: 2, h: 20 } }]);
      const read = async (field: string): Promise<unknown> => windows(await series.query(query({ field })));
      assert.equal(await read("f"), [[[0, 2]]], "replaced");
      assert.equal(await read("g"), [[[0, 10]]], "kept");
      assert.equal(await read("h"), [[[0, 20]]], "added");
      await series.write([
        { ...at, fields: { f: 3 } },
        { ...at, fields: { f: 4 } },
      ]);
      assert.equal(await read("f"), [[[0, 4]]], "the later of one write stands");
    },
  },
  {
    name: "points that differ in name, tags or time are different points",
    async run({ series }) {
      await series.write([
        point(0, 1),
        point(1, 1),
        point(0, 1, { site: "a" }),
        point(0, 1, { site: "b" }),
        point(0, 1, { kind: "a" }),
        point(0, 1, { site: "a", kind: "a" }),
        { ...point(0, 1), name: "n" },
      ]);
      assert.equal(windows(await series.query(query())), [[[0, 6]]], "of one name");
      assert.equal(windows(await series.query(query({ name: "n" }))), [[[0, 1]]], "of the other");
    },
  },
  {
    name: "a tag with an empty value is no tag",
    async run({ series }) {
      await series.write([point(0, 1, { site: "" })]);
      await series.write([point(0, 5)]);
      assert.equal(
        await series.query(query({ by: ["site"] })),
        [{ tags: { site: "" }, windows: [{ at: T0, value: 5 }] }],
        "one point",
      );
      assert.equal(windows(await series.query(query({ where: { site: "" } }))), [[[0, 5]]], "asked for");
    },
  },
  {
    name: "figures come back as they were: large, small, negative, broken",
    async run({ series }) {
      const figures = [
        0,
        1,
        -1,
        0.1,
        -0.30000000000000004,
        2 ** 53 - 1,
        -(2 ** 53 - 1),
        1e21,
        1.5e300,
        -1.5e300,
        5e-7,
        1e-300,
      ];
      await series.write(figures.map((value, i) => point(i * MINUTE, value)));
      for (const aggregate of ["last", "min", "max", "sum", "mean"] as const) {
        assert.equal(
          windows(await series.query(query({ aggregate }))),
          [figures.map((value, i) => [i * MINUTE, value])],
          aggregate,
        );
      }
    },
  },
  {
    name: "what is no point is refused, and with it the whole write",
    async run({ series }) {
      const bad: [string, unknown][] = [
        ["no field", { ...point(0, 1), fields: {} }],
        ["NaN", point(0, Number.NaN)],
        ["infinity", point(0, Number.POSITIVE_INFINITY)],
        ["minus infinity", point(0, Number.NEGATIVE_INFINITY)],
        ["a text", { ...point(0, 1), fields: { f: "1" } }],
        ["one good and one bad field", { ...point(0, 1), fields: { f: 1, g: Number.NaN } }],
        ["a field without a name", { ...point(0, 1), fields: { "": 1 } }],
        ["no name", { ...point(0, 1), name: "" }],
        ["a long name", { ...point(0, 1), name: "x".repeat(129) }],
        ["no time", { ...point(0, 1), at: Number.NaN }],
        ["half a millisecond", { ...point(0, 1), at: T0 + 0.5 }],
        ["a tag without a name", point(0, 1, { "": "a" })],
        ["a tag that is no text", { ...point(0, 1), tags: { site: 1 } }],
      ];
      for (const [what, wrong] of bad) {
        const write = (): Promise<void> => series.write([point(0, 1), wrong as SeriesPoint, point(1, 1)]);
        await assert.rejects(write, what, "ATTUNE_SERIES_POINT");
      }
      assert.equal(await series.query(query()), [], "nothing was written");
      await series.write([{ ...point(0, 1), name: "x".repeat(128) }]);
      assert.equal(
        windows(await series.query(query({ name: "x".repeat(128) }))),
        [[[0, 1]]],
        "a name as long as may be",
      );
    },
  },
  {
    name: "drop forgets what is older than the time and nothing else",
    async run({ series }) {
      await series.write([
        point(0, 1, { site: "a" }),
        point(MINUTE - 1, 2, { site: "b" }),
        point(MINUTE, 4, { site: "a" }),
        point(2 * MINUTE, 8, { site: "c" }),
        { ...point(0, 1), name: "n" },
      ]);
      await series.drop(T0 + MINUTE);
      assert.equal(
        windows(await series.query(query())),
        [
          [
            [MINUTE, 4],
            [2 * MINUTE, 8],
          ],
        ],
        "left",
      );
      assert.equal(await series.query(query({ name: "n" })), [], "of every name");
      await series.write([point(0, 16, { site: "a" })]);
      assert.equal(
        windows(await series.query(query({ where: { site: "a" } }))),
        [
          [
            [0, 16],
            [MINUTE, 4],
          ],
        ],
        "written again",
      );
      await series.drop(T0 + HOUR);
      assert.equal(await series.query(query()), [], "all");
      await series.drop(T0 + HOUR);
    },
  },
  {
    name: "20,000 points in one write are all there",
    async run({ series }) {
      const count = 20_000;
      await series.write(
        Array.from({ length: count }, (_, i) => point(i * 100, 1, { shard: String(i % 10) })),
      );
      const all = { to: T0 + count * 100, windowMs: 24 * HOUR };
      assert.equal(windows(await series.query(query(all))), [[[0, count]]], "over all");
      const rows = await series.query(query({ ...all, by: ["shard"], aggregate: "count" }));
      assert.equal(
        windows(rows),
        Array.from({ length: 10 }, () => [[0, count / 10]]),
        "by tag",
      );
    },
  },
  {
    name: "concurrent writes all arrive",
    async run({ series }) {
      await Promise.all(
        Array.from({ length: 40 }, (_, i) => series.write([point(i, 1), point(i, 1, { site: "a" })])),
      );
      assert.equal(windows(await series.query(query({ aggregate: "count" }))), [[[0, 80]]], "count");
    },
  },
  {
    name: "points and drops are there when opened again",
    needs: "durable",
    async run({ series, reopen }) {
      await series.write([point(0, 1), point(MINUTE, 2, { site: "a" })]);
      await series.drop(T0 + 1);
      const again = await reopen();
      assert.equal(windows(await again.query(query())), [[[MINUTE, 2]]], "read");
      await again.write([point(MINUTE, 3, { site: "a" })]);
      assert.equal(windows(await again.query(query())), [[[MINUTE, 3]]], "replaced");
    },
  },
  {
    name: "calls on a closed series reject with ATTUNE_SERIES_CLOSED",
    async run({ series }) {
      await series.write([point(0, 1)]);
      await series.close();
      await assert.rejects(() => series.write([point(0, 1)]), "write", "ATTUNE_SERIES_CLOSED");
      await assert.rejects(() => series.query(query()), "query", "ATTUNE_SERIES_CLOSED");
      await assert.rejects(() => series.drop(T0), "drop", "ATTUNE_SERIES_CLOSED");
      await series.close();
    },
  },
];
