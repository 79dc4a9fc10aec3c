import { assert } from "./assert.js";
import { HOUR, MINUTE, point, query, type SeriesCase, T0, windows } from "./series-case.js";

/** Ranges, windows, aggregates, filters and rows. */
export const seriesQueryCases: readonly SeriesCase[] = [
  {
    name: "from is within the range, to is not",
    async run({ series }) {
      await series.write([point(0, 1), point(1, 2), point(999, 4), point(1000, 8), point(1001, 16)]);
      const sum = async (from: number, to: number): Promise<unknown> => {
        return windows(await series.query(query({ from: T0 + from, to: T0 + to })));
      };
      assert.equal(await sum(0, 1000), [[[0, 7]]], "up to before 1000");
      assert.equal(await sum(1, 1001), [[[0, 14]]], "from 1 up to 1000");
      assert.equal(await sum(1001, 1002), [[[0, 16]]], "one millisecond");
      assert.equal(await sum(2, 999), [], "between two points");
      assert.equal(await sum(1000, 1000), [], "no length");
      assert.equal(await sum(1000, 0), [], "upside down");
    },
  },
  {
    name: "windows begin at multiples of their length in UTC, wherever the range begins",
    async run({ series }) {
      await series.write([point(0, 1), point(MINUTE - 1, 2), point(MINUTE, 4), point(3 * MINUTE + 7, 8)]);
      assert.equal(
        windows(await series.query(query())),
        [
          [
            [0, 3],
            [MINUTE, 4],
            [3 * MINUTE, 8],
          ],
        ],
        "those that hold a point, oldest first",
      );
      assert.equal(
        windows(await series.query(query({ from: T0 + 30_000, to: T0 + 3 * MINUTE }))),
        [
          [
            [0, 2],
            [MINUTE, 4],
          ],
        ],
        "a window cut by the range keeps its begin",
      );
      for (const windowMs of [1, 7, 977, MINUTE, 86_400_000, 7 * 86_400_000]) {
        const [row] = await series.query(query({ windowMs, aggregate: "count" }));
        const expected = new Map<number, number>();
        for (const after of [0, MINUTE - 1, MINUTE, 3 * MINUTE + 7]) {
          const begin = Math.floor((T0 + after) / windowMs) * windowMs;
          expected.set(begin, (expected.get(begin) ?? 0) + 1);
        }
        assert.equal(
          row?.windows,
          [...expected].map(([at, value]) => ({ at, value })),
          `windows of ${windowMs} ms`,
        );
      }
    },
  },
  {
    name: "every aggregate, by window",
    async run({ series }) {
      // Written out of order: `last` goes by the points' times.
      await series.write([point(2000, -3.5), point(0, 2), point(3000, 0.25)]);
      await series.write([point(1000, 8), point(MINUTE, -1)]);
      const read = async (aggregate: "sum" | "count" | "mean" | "min" | "max" | "last"): Promise<unknown> => {
        return windows(await series.query(query({ aggregate })))[0]?.map(([, value]) => value);
      };
      assert.equal(await read("sum"), [6.75, -1], "sum");
      assert.equal(await read("count"), [4, 1], "count");
      assert.equal(await read("mean"), [1.6875, -1], "mean");
      assert.equal(await read("min"), [-3.5, -1], "min");
      assert.equal(await read("max"), [8, -1], "max");
      assert.equal(await read("last"), [0.25, -1], "last");
    },
  },
  {
    name: "only points that have the field are counted",
    async run({ series }) {
      await series.write([
        { name: "m", at: T0, fields: { f: 1, g: 5 } },
        { name: "m", at: T0 + 1, fields: { g: 7 } },
      ]);
      assert.equal(windows(await series.query(query({ aggregate: "count" }))), [[[0, 1]]], "f");
      assert.equal(windows(await series.query(query({ aggregate: "count", field: "g" }))), [[[0, 2]]], "g");
      assert.equal(
        windows(await series.query(query({ aggregate: "min", field: "g" }))),
        [[[0, 5]]],
        "least g",
      );
    },
  },
  {
    name: "one row over all tags unless asked by tag",
    async run({ series }) {
      await series.write([point(0, 1, { site: "a" }), point(0, 2, { site: "b" }), point(0, 4)]);
      const whole = [{ tags: {}, windows: [{ at: T0, value: 7 }] }];
      assert.equal(await series.query(query()), whole, "no by");
      assert.equal(await series.query(query({ by: [] })), whole, "an empty by");
    },
  },
  {
    name: "by gives a row for each combination, in the order of its values, with an empty text where there is no tag",
    async run({ series }) {
      await series.write([
        point(0, 1, { site: "b", kind: "x" }),
        point(0, 2, { site: "a", kind: "y" }),
        point(0, 4, { site: "a", kind: "x" }),
        point(0, 8, { site: "a" }),
        point(0, 16, { kind: "x" }),
        point(0, 32),
        point(MINUTE, 64, { site: "a", kind: "x", more: "z" }),
        point(0, 128, { site: "Z" }),
        point(0, 256, { site: "ä" }),
      ]);
      const row = (tags: Record<string, string>, ...values: [number, number][]): unknown => {
        return { tags, windows: values.map(([after, value]) => ({ at: T0 + after, value })) };
      };
      assert.equal(
        await series.query(query({ by: ["site"] })),
        [
          row({ site: "" }, [0, 48]),
          row({ site: "Z" }, [0, 128]),
          row({ site: "a" }, [0, 14], [MINUTE, 64]),
          row({ site: "b" }, [0, 1]),
          row({ site: "ä" }, [0, 256]),
        ],
        "by one",
      );
      assert.equal(
        await series.query(query({ by: ["kind", "site"], where: { site: "a" } })),
        [
          row({ kind: "", site: "a" }, [0, 8]),
          row({ kind: "x", site: "a" }, [0, 4], [MINUTE, 64]),
          row({ kind: "y", site: "a" }, [0, 2]),
        ],
        "by two",
      );
      assert.equal(
        windows(await series.query(query({ by: ["nobody has it"], to: T0 + MINUTE }))),
        [[[0, 447]]],
        "by a tag that no point has",
      );
    },
  },
  {
    name: "where asks for all of its tags, exactly",
    async run({ series }) {
      await series.write([
        point(0, 1, { site: "a", kind: "x" }),
        point(0, 2, { site: "a", kind: "y" }),
        point(0, 4, { site: "ab", kind: "x" }),
        point(0, 8, { site: "A", kind: "x" }),
        point(0, 16, { kind: "x" }),
      ]);
      const sum = async (where: Record<string, string>): Promise<unknown> => {
        return windows(await series.query(query({ where })));
      };
      assert.equal(await sum({ site: "a" }), [[[0, 3]]], "one tag");
      assert.equal(await sum({ site: "a", kind: "x" }), [[[0, 1]]], "two tags");
      assert.equal(await sum({ site: "" }), [[[0, 16]]], "points without the tag");
      assert.equal(await sum({ site: "b" }), [], "none");
      assert.equal(await sum({}), [[[0, 31]]], "no condition");
    },
  },
  {
    name: "where by one tag and rows by another",
    async run({ series }) {
      for (let i = 0; i < 24; i++)
        await series.write([point(i * 10_000, i, { site: `s${i % 2}`, kind: `k${i % 3}` })]);
      const rows = await series.query(query({ where: { site: "s1" }, by: ["kind"], windowMs: HOUR }));
      assert.equal(
        rows.map(({ tags, windows: [first] }) => [tags.kind, first?.value]),
        // 1, 3, 5 … 23 by their remainder of three.
        [
          ["k0", 3 + 9 + 15 + 21],
          ["k1", 1 + 7 + 13 + 19],
          ["k2", 5 + 11 + 17 + 23],
        ],
        "sums",
      );
    },
  },
  {
    name: "what is no query is refused",
    async run({ series }) {
      const bad = [
        { windowMs: 0 },
        { windowMs: -1 },
        { windowMs: 0.5 },
        { windowMs: Number.NaN },
        { from: Number.NaN },
        { to: Number.POSITIVE_INFINITY },
      ];
      for (const over of bad) {
        await assert.rejects(() => series.query(query(over)), JSON.stringify(over), "ATTUNE_SERIES_QUERY");
      }
    },
  },
];
