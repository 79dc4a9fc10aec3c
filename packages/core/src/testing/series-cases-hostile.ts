import { isAttuneError } from "../kernel/errors.js";
import type { SeriesPoint } from "../ports/series.js";
import { assert } from "./assert.js";
import { point, query, type SeriesCase, T0, windows } from "./series-case.js";

/** What breaks line protocols, query languages and prototypes where names and values are pasted into them. */
const HOSTILE = [
  "a,b=c",
  "a b",
  "a=b",
  'say "hi"',
  "it's",
  '"; DROP MEASUREMENT "m"; --',
  "'; DROP TABLE points; --",
  '") |> drop(fn: (r) => true) //',
  "${x}#{y}",
  "line\nbreak\r\tand tab",
  "trailing\\",
  "\\n",
  "__proto__",
  "constructor",
  "time",
  "_time",
  "_field",
  "_measurement",
  "name",
  "_start",
  "# comment",
  " ",
  " both ends ",
  "ünï ©ødé 😀",
  "*?[a-z]%_",
  "}{tag}",
];

/** T20: what an attacker may put into names and values. */
export const seriesHostileCases: readonly SeriesCase[] = [
  {
    name: "T20 hostile names and values work in every place, and never meet",
    async run({ series }) {
      await series.write(
        HOSTILE.flatMap((text, i) => [
          { name: text, at: T0, fields: { f: i } },
          { name: "fields", at: T0, fields: Object.fromEntries([[text, i]]) },
          { name: "tags", at: T0, tags: Object.fromEntries([[text, "x"]]), fields: { f: i } },
          { name: "values", at: T0, tags: { tag: text }, fields: { f: i } },
        ]),
      );
      for (const [i, text] of HOSTILE.entries()) {
        assert.equal(windows(await series.query(query({ name: text }))), [[[0, i]]], `name ${text}`);
        const field = query({ name: "fields", field: text });
        assert.equal(windows(await series.query(field)), [[[0, i]]], `field ${text}`);
        const where = Object.fromEntries([[text, "x"]]);
        const tagged = await series.query(query({ name: "tags", where, by: [text] }));
        assert.equal(
          tagged.map(({ tags }) => Object.entries(tags)),
          [[[text, "x"]]],
          `tag ${text}`,
        );
        assert.equal(windows(tagged), [[[0, i]]], `of tag ${text}`);
        const valued = query({ name: "values", where: { tag: text } });
        assert.equal(windows(await series.query(valued)), [[[0, i]]], `value ${text}`);
      }
      const rows = await series.query(query({ name: "values", by: ["tag"] }));
      assert.equal(
        rows.map(({ tags }) => tags.tag),
        [...HOSTILE].sort(),
        "values in order",
      );
      assert.ok(!("polluted" in {}) && !("x" in {}), "Object.prototype");
    },
  },
  {
    name: "T20 texts with NUL, with lone surrogates or of 10 kB work or are refused, and harm nothing",
    async run({ series }) {
      for (const text of ["a\u0000b", "\ud800", "\udc00a", "x".repeat(10_240)]) {
        for (const odd of [
          { ...point(0, 7), name: text.slice(0, 128) },
          { name: "m", at: T0, tags: { tag: text }, fields: { f: 7 } },
          { name: "m", at: T0, tags: { [text]: "x" }, fields: { f: 7 } },
        ] as SeriesPoint[]) {
          const refusal = await series.write([odd]).then(
            () => null,
            (error: unknown) => error,
          );
          if (refusal === null) {
            const { name, tags } = odd;
            assert.equal(
              windows(await series.query(query({ name, ...(tags && { where: tags }) }))),
              [[[0, 7]]],
              "read back",
            );
          } else assert.ok(isAttuneError(refusal) && !refusal.message.includes(text), "the refusal");
          await series.drop(T0 + 1);
        }
      }
      await series.write([point(0, 1)]);
      assert.equal(windows(await series.query(query())), [[[0, 1]]], "the series lives");
    },
  },
];
