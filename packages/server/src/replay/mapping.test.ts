import { describe, expect, it } from "vitest";
import type { Mapping } from "./mapping.js";
import { parseTime } from "./time.js";
import { compileMapping } from "./to-event.js";
import { columnsOf, validateMapping } from "./validate-mapping.js";

const mapping: Mapping = {
  id: "hash",
  name: { column: "kind", map: { view: "Product Viewed", buy: "Order Completed" } },
  occurredAt: { column: "time" },
  visitorId: { column: "user" },
  sessionId: { column: "session" },
  properties: {
    product_id: { column: "product" },
    price: { column: "price", type: "number" },
    revenue: { column: "price", type: "number", onlyFor: ["Order Completed"] },
    gift: { column: "gift", type: "boolean" },
  },
  context: { "page.url": { template: "https://{site}/p/{product}" }, "device.type": { constant: "mobile" } },
  consent: ["analytics"],
};
const columns = ["time", "kind", "product", "price", "user", "session", "site", "gift"];
const toEvent = compileMapping(mapping, columns);
const row = ["2019-10-01 00:00:01 UTC", "view", "p1", "9.5", "u1", "s1", "shop.example", "1"];

describe("a mapped row", () => {
  it("is an event in the native shape", () => {
    const { event, key, at, hasSession } = toEvent(row, 1);
    expect(event).toMatchObject({
      name: "Product Viewed",
      visitorId: "u1",
      sessionId: "s1",
      occurredAt: Date.UTC(2019, 9, 1, 0, 0, 1),
      properties: { product_id: "p1", price: 9.5, gift: true },
      context: { page: { url: "https://shop.example/p/p1" }, device: { type: "mobile" } },
      consent: { purposes: ["analytics"] },
    });
    expect(event.properties).not.toHaveProperty("revenue");
    expect([key, at, hasSession]).toEqual(["u1", Date.UTC(2019, 9, 1, 0, 0, 1), true]);
  });

  it("sets a property only for the events it is for", () => {
    expect(toEvent([row[0] as string, "buy", ...row.slice(2)], 1).event.properties).toMatchObject({
      revenue: 9.5,
    });
  });

  it("that was cut short lacks what was cut off", () => {
    const { event, hasSession } = toEvent(row.slice(0, 5), 9);
    expect(event).toMatchObject({
      visitorId: "u1",
      sessionId: null,
      context: { device: { type: "mobile" } },
    });
    expect(event.context).not.toHaveProperty("page");
    expect(hasSession).toBe(false);
  });

  it("passes on what it cannot read, for the server to judge", () => {
    const { event, at } = toEvent(["soon", "wish", "p1", "cheap", ...row.slice(4)], 1);
    expect(event).toMatchObject({ name: "wish", occurredAt: "soon", properties: { price: "cheap" } });
    expect(at).toBeNull();
  });

  it("has the id of its content, or of its place as well", () => {
    expect(toEvent(row, 1).event.id).toBe(toEvent(row, 2).event.id);
    expect(toEvent(row, 1).event.id).not.toBe(toEvent([...row.slice(0, 7), "0"], 1).event.id);
    // Where one field ends must matter: "ab" and "c" are not "a" and "bc".
    expect(toEvent(["t", "ab", "c"], 1).event.id).not.toBe(toEvent(["t", "a", "bc"], 1).event.id);
    const byRow = compileMapping({ ...mapping, id: "row" }, columns);
    expect(byRow(row, 1).event.id).not.toBe(byRow(row, 2).event.id);
    expect(byRow(row, 1).event.id).toBe(byRow(row, 1).event.id);
    expect(compileMapping({ ...mapping, id: { column: "product" } }, columns)(row, 1).event.id).toBe("p1");
  });
});

describe("a recorded time", () => {
  it.each([
    ["2019-10-01 00:00:00 UTC", Date.UTC(2019, 9, 1)],
    ["2013-11-15 08:01:09", Date.UTC(2013, 10, 15, 8, 1, 9)],
    ["2013-11-15T08:01:09.25Z", Date.UTC(2013, 10, 15, 8, 1, 9, 250)],
    ["2013-11-15T08:01:09+02:00", Date.UTC(2013, 10, 15, 6, 1, 9)],
    ["2013-11-15T08:01:09-0130", Date.UTC(2013, 10, 15, 9, 31, 9)],
    ["2024-02-29", Date.UTC(2024, 1, 29)],
    ["2023-02-29", null],
    ["2023-13-01", null],
    ["2023-00-05", null],
    ["2023-05-00", null],
    ["0019-10-01", null],
    ["2016-12-31 23:59:60 UTC", Date.UTC(2017, 0, 1)],
    ["2016-12-31 23:59:61 UTC", null],
    ["2023-01-01 12:00:00+25:00", null],
    ["2023-01-01 25:00:00", null],
    ["01/02/2023", null],
    ["", null],
  ])("%s", (text, expected) => {
    expect(parseTime(text, "auto")).toBe(expected);
  });

  it("may be a number", () => {
    expect(parseTime("1569888000", "epoch-s")).toBe(Date.UTC(2019, 9, 1));
    expect(parseTime("1569888000123", "epoch-ms")).toBe(1569888000123);
    expect(parseTime("", "epoch-s")).toBeNull();
    expect(parseTime("x", "epoch-ms")).toBeNull();
  });
});

describe("a mapping file", () => {
  const issues = (json: unknown): { path: string; message: string }[] => {
    const result = validateMapping(json);
    return result.ok ? [] : result.error.map(({ path, message }) => ({ path, message }));
  };

  it("is taken when it is right, with the columns it reads", () => {
    expect(validateMapping(mapping)).toEqual({ ok: true, value: mapping });
    expect(columnsOf(mapping).get("site")).toBe("/context/page.url/template");
    expect([...columnsOf(mapping).keys()].sort()).toEqual([...columns].sort());
  });

  it("cannot reach the prototype of anything", () => {
    const constant = { constant: "yes" };
    for (const [json, path] of [
      ['{ "__proto__.polluted": { "constant": "yes" } }', "/context/__proto__.polluted"],
      [
        '{ "constructor.prototype.polluted": { "constant": "yes" } }',
        "/context/constructor.prototype.polluted",
      ],
      ['{ "page.__proto__": { "constant": "yes" } }', "/context/page.__proto__"],
      ['{ "__proto__": { "constant": "yes" } }', "/context/__proto__"],
    ] as const) {
      const found = issues({ ...mapping, context: JSON.parse(json) as unknown });
      expect(found).toEqual([{ path, message: expect.stringContaining("choose another name") }]);
    }
    for (const key of ["__proto__", "constructor", "prototype"]) {
      const properties = JSON.parse(`{ "${key}": { "constant": "yes" } }`) as Mapping["properties"];
      expect(issues({ ...mapping, properties })[0]?.path).toBe(`/properties/${key}`);
    }
    // Even a mapping that nobody checked builds own members only.
    const { event } = compileMapping(
      {
        ...mapping,
        context: { "__proto__.polluted": constant, "constructor.prototype.polluted": constant },
        properties: JSON.parse('{ "__proto__": { "constant": "yes" } }') as NonNullable<
          Mapping["properties"]
        >,
      },
      columns,
    )(row, 1);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    expect(JSON.stringify(event)).toContain('"context":{"__proto__":{"polluted":"yes"}');
    expect(JSON.stringify(event.properties)).toBe('{"__proto__":"yes"}');
  });

  it("cannot give one context path a value and members", () => {
    const [page, path] = [{ column: "a" }, { column: "b" }];
    for (const context of [
      { page, "page.path": path },
      { "page.path": path, page },
    ]) {
      expect(issues({ ...mapping, context })).toEqual([
        { path: "/context/page.path", message: expect.stringContaining("remove one of the two") },
      ]);
    }
    expect(issues({ ...mapping, context: { "page..path": path } })[0]?.path).toBe("/context/page..path");
    expect(issues({ ...mapping, context: { page, pages: path } })).toEqual([]);
  });

  it("is refused with the place and the cure", () => {
    expect(issues({ ...mapping, occuredAt: {} })).toEqual([
      { path: "/occuredAt", message: "is not a key of a mapping; remove it or correct its spelling" },
    ]);
    expect(issues({ ...mapping, properties: { "a/b": { column: "x", template: "y" } } })).toEqual([
      { path: "/properties/a~1b", message: "give exactly one of column, constant and template" },
    ]);
    expect(issues({ ...mapping, userId: { column: "x", onlyFor: ["Order Completed"] } })).toEqual([
      { path: "/userId/onlyFor", message: "is not a key of a mapping; remove it or correct its spelling" },
    ]);
    expect(issues({ ...mapping, consent: ["everything"] })[0]?.path).toBe("/consent/0");
    expect(issues({ ...mapping, id: "uuid" })[0]).toEqual({
      path: "/id",
      message: 'must be "hash", "row" or { "column": "…" }',
    });
    const { occurredAt: _, ...without } = mapping;
    expect(issues(without)).toEqual([{ path: "/occurredAt", message: "is missing" }]);
    const { visitorId: _v, sessionId: _s, ...nobody } = mapping;
    expect(issues(nobody)[0]?.message).toContain("at least one of visitorId");
    expect(issues(7)).toHaveLength(1);
  });
});
