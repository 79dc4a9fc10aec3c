import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { SeriesPoint, SeriesQuery } from "@attune/core/ports";
import fc from "fast-check";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { INFLUXD, type InfluxServer, influxServer } from "../../test/influxdb.ts";
import { influxSeries } from "./index.js";
import { EARLIEST_MS, LATEST_MS, LONGEST_WINDOW_MS, toLine } from "./lines.js";
import { decodeText, encodeName, encodeText } from "./names.js";
import { toInfluxQl } from "./query.js";

const T0 = 1_735_689_600_000;
const HOUR = 3_600_000;
const point = (after: number, f: number, tags: Record<string, string> = {}): SeriesPoint => {
  return { name: "m", at: T0 + after, fields: { f }, tags };
};
const query = (over: Partial<SeriesQuery> = {}): SeriesQuery => {
  return { name: "m", field: "f", from: T0, to: T0 + HOUR, windowMs: HOUR, aggregate: "sum", ...over };
};

/** What ends quotes, lines and statements, and what is half of something. */
const hostile = fc.oneof(
  fc.string({ unit: "binary", minLength: 1, maxLength: 20 }),
  fc
    .array(
      fc.constantFrom(
        "\\",
        '"',
        "'",
        "\n",
        "\r",
        "\t",
        " ",
        ",",
        "=",
        "#",
        "_",
        "%",
        "%41",
        ";",
        "--",
        "/*",
        "$a",
        "a",
        "time",
        "::field",
        "DROP DATABASE x",
        "\u0000",
        "\ud83d",
        "\ude00",
        "\u2028",
        "ä",
      ),
      { minLength: 1, maxLength: 8 },
    )
    .map((parts) => parts.join("")),
);

describe("names", () => {
  it("come back as they were, and different ones stay different", () => {
    fc.assert(
      fc.property(hostile, hostile, (one, two) => {
        for (const encode of [encodeText, encodeName]) {
          expect(decodeText(encode(one))).toBe(one);
          expect(encode(one)).not.toMatch(/[\\"\n\r\u0000]/);
          expect(encode(one) === encode(two)).toBe(one === two);
        }
        expect(encodeName(one)).not.toMatch(/^(_|#|time$)/);
      }),
      { numRuns: 300 },
    );
  });
  it("that InfluxDB can hold stay as they are", () => {
    for (const name of ["page view", "shop/cart", "naïve 😀", "it's", "a.b-c:d@e", "times"])
      expect(encodeName(name)).toBe(name);
  });
});

describe("lines", () => {
  it("escape what separates", () => {
    const tags = { "b k": "x=y", a: "1,2", none: "" };
    expect(toLine({ name: "page view,x=y", at: 5, tags, fields: { "f =,": 1e21, g: -0.5 } })).toBe(
      "page\\ view\\,x=y,a=1\\,2,b\\ k=x\\=y f\\ \\=\\,=1e+21,g=-0.5 5",
    );
  });
  it("have no room for times and texts beyond InfluxDB's", () => {
    for (const at of [8_640_000_000_000_000, -8_640_000_000_000_000, EARLIEST_MS - 1, LATEST_MS + 1])
      expect(() => toLine({ name: "m", at, fields: { f: 1 } })).toThrow(
        expect.objectContaining({ code: "ATTUNE_SERIES_POINT" }),
      );
    expect(() => toLine(point(0, 1, { a: "x".repeat(70_000) }))).toThrow(
      expect.objectContaining({ code: "ATTUNE_SERIES_POINT" }),
    );
  });
});

describe("InfluxQL", () => {
  it("T20 is one statement whose quotes close where they should", () => {
    const literal = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/gs;
    fc.assert(
      fc.property(hostile, hostile, hostile, hostile, (name, field, tag, value) => {
        const statement = toInfluxQl(query({ name, field, where: { [tag]: value }, by: [tag] })) ?? "";
        expect(statement.replace(literal, "?")).toBe(
          `SELECT sum(?::field) FROM ? WHERE time >= ${T0}ms AND time < ${T0 + HOUR}ms AND ?::tag = ? GROUP BY time(${HOUR}ms), ?::tag fill(none)`,
        );
      }),
      { numRuns: 300 },
    );
  });
  it("holds windows of at most the time there is", () => {
    expect(() => toInfluxQl(query({ windowMs: Number.MAX_SAFE_INTEGER }))).toThrow(
      expect.objectContaining({ code: "ATTUNE_SERIES_QUERY" }),
    );
  });
});

describe.skipIf(INFLUXD.path === null)(`InfluxDB requests ${INFLUXD.reason ?? ""}`, () => {
  let server: InfluxServer;
  let count = 0;
  let database = "";
  beforeAll(async () => {
    server = await influxServer();
  });
  afterAll(() => server.stop());
  beforeEach(async () => {
    database = `requests-${++count}`;
    await server.admin(`CREATE DATABASE "${database}"`);
  });
  afterEach(() => server.admin(`DROP DATABASE "${database}"`));

  /** The real network, watched, with faults put in. */
  const watched = () => {
    const requests: { path: string; headers: Headers }[] = [];
    const faults: ("lost" | "away" | Response)[] = [];
    const request: typeof fetch = async (input, init) => {
      requests.push({ path: new URL(input as string).pathname, headers: new Headers(init?.headers) });
      const fault = faults.shift();
      if (fault instanceof Response) return fault;
      if (fault === "away") throw new TypeError("fetch failed");
      const answer = await fetch(input, init);
      if (fault === "lost") throw new TypeError("terminated");
      return answer;
    };
    return { requests, faults, fetch: request };
  };
  const open = (over = {}) => influxSeries({ url: server.url, database, ...over });
  const sum = async (over: Partial<SeriesQuery> = {}) =>
    (await open().query(query(over)))[0]?.windows[0]?.value;

  it("T20 any text comes back in every place, and none reaches another", async () => {
    const texts = [
      ...new Set(fc.sample(hostile, { numRuns: Number(process.env.ATTUNE_HISTORIES ?? 60), seed: 20 })),
    ];
    const series = open();
    await series.write(
      texts.flatMap((text, i): SeriesPoint[] => [
        { name: text.slice(0, 100), at: T0 + i, fields: { only: i } },
        { name: "in tags", at: T0 + i, tags: { [text]: text }, fields: { f: i } },
        { name: "in fields", at: T0 + i, fields: { [text]: i } },
      ]),
    );
    for (const [i, text] of texts.entries()) {
      const values = [
        await series.query(query({ name: text, field: "only", where: {} })),
        await series.query(query({ name: "in fields", field: text })),
        await series.query(query({ name: "in tags", where: { [text]: text }, by: [text] })),
      ].map((rows) => rows.map(({ windows }) => windows[0]?.value));
      expect([text, ...values]).toEqual([text, [i], [i], [i]]);
    }
  });

  it("a write whose answer is lost is sent again and has one effect", async () => {
    const { faults, requests, fetch } = watched();
    faults.push(
      "lost",
      "away",
      new Response("busy", { status: 503 }),
      new Response("", { status: 429, headers: { "retry-after": "0" } }),
    );
    await open({ fetch }).write([point(0, 1), point(1, 2)]);
    expect(requests.length).toBe(5);
    expect(await sum()).toBe(3);
    expect(await sum({ aggregate: "count" })).toBe(2);
  });

  it("gives up after its retries, and says so", async () => {
    const { faults, requests, fetch } = watched();
    faults.push("away", "away", "away");
    const written = open({ fetch, retries: 2 }).write([point(0, 1)]);
    await expect(written).rejects.toMatchObject({ code: "ATTUNE_SERIES_UNAVAILABLE" });
    expect(requests.length).toBe(3);
  });

  it("a refusal is not sent again", async () => {
    const { requests, fetch } = watched();
    const series = open({ fetch, database: "nowhere" });
    await expect(series.write([point(0, 1)])).rejects.toMatchObject({ code: "ATTUNE_SERIES_REFUSED" });
    await expect(series.query(query())).rejects.toMatchObject({ code: "ATTUNE_SERIES_REFUSED" });
    expect(requests.length).toBe(2);
  });

  it("an answer that is none of InfluxDB's is said to be one", async () => {
    const { faults, fetch } = watched();
    faults.push(new Response("<html>Sign in</html>"));
    await expect(open({ fetch }).query(query())).rejects.toMatchObject({
      code: "ATTUNE_SERIES_REFUSED",
      cause: new Error("<html>Sign in</html>"),
    });
  });

  it("writes of one moment share a request, compressed where it pays", async () => {
    const { requests, fetch } = watched();
    const series = open({ fetch });
    await Promise.all(Array.from({ length: 500 }, (_, i) => series.write([point(i, 1)])));
    await series.write([point(500, 1)]);
    expect(requests.map(({ headers }) => headers.get("content-encoding"))).toEqual(["gzip", null]);
    expect(await sum()).toBe(501);
  });

  it("a write that fills requests goes at once, in several", async () => {
    const { requests, fetch } = watched();
    const series = open({ fetch, batch: { maxBytes: 1000, waitMs: 60_000 } });
    await series.write(Array.from({ length: 500 }, (_, i) => point(i, 1)));
    expect(requests.length).toBeGreaterThan(8);
    expect(await sum()).toBe(500);
  });

  it("close writes what waits", async () => {
    const series = open({ batch: { waitMs: 60_000 } });
    const written = series.write([point(0, 7)]);
    await series.close();
    await written;
    expect(await sum()).toBe(7);
  });

  it("what the server refuses of one caller does not fail the others", async () => {
    await open().write([point(0, 1)]);
    const integer = await fetch(`${server.url}/write?db=${database}`, {
      method: "POST",
      body: `taken f=1i ${T0}000000`,
    });
    expect(integer.status).toBe(204);
    const series = open();
    const outcomes = await Promise.allSettled([
      series.write([point(1, 2)]),
      series.write([{ ...point(0, 1), name: "taken" }]),
      series.write([point(2, 4)]),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(await sum()).toBe(7);
  });

  it("points older than the retention are taken and gone", async () => {
    await server.admin(`CREATE RETENTION POLICY "short" ON "${database}" DURATION 1h REPLICATION 1 DEFAULT`);
    const now = Date.now();
    const series = open();
    await series.write([point(0, 1), { ...point(0, 2), at: now }]);
    const rows = await series.query(query({ from: 0, to: now + 1, windowMs: 24 * HOUR }));
    expect(rows.flatMap(({ windows }) => windows.map(({ value }) => value))).toEqual([2]);
  });

  it("a tag and a field may have one name", async () => {
    const series = open();
    await series.write([{ name: "m", at: T0, tags: { f: "a" }, fields: { f: 5 } }]);
    await series.write([{ name: "m", at: T0, tags: { f: "b" }, fields: { f: 6 } }]);
    expect(await series.query(query({ by: ["f"], where: { f: "a" } }))).toEqual([
      { tags: { f: "a" }, windows: [{ at: T0, value: 5 }] },
    ]);
  });

  it("times and windows as far as they may go, and before 1970", async () => {
    const series = open();
    const times = [EARLIEST_MS, -HOUR, -1, 0, LATEST_MS];
    await series.write(times.map((at) => ({ name: "m", at, fields: { f: 1 } })));
    for (const at of times) {
      for (const windowMs of [1, 1000, LONGEST_WINDOW_MS]) {
        const windows = [{ at: Math.floor(at / windowMs) * windowMs + 0, value: 1 }];
        expect(await series.query(query({ from: at, to: at + 1, windowMs }))).toEqual([
          { tags: {}, windows },
        ]);
      }
    }
    const all = await series.query(query({ from: -1e300, to: 1e300, windowMs: HOUR, aggregate: "count" }));
    expect(all[0]?.windows.reduce((total, { value }) => total + value, 0)).toBe(5);
    await series.drop(0);
    expect(await series.query(query({ from: -1e300, to: 1, windowMs: HOUR }))).toEqual([
      { tags: {}, windows: [{ at: 0, value: 1 }] },
    ]);
    await series.drop(1e300);
    expect(await series.query(query({ from: -1e300, to: 1e300, windowMs: HOUR }))).toEqual([]);
  });

  it("T8 SIGKILL of the server loses nothing that was acknowledged, and a write under way goes on when it is back", async () => {
    const series = open();
    let acknowledged = 0;
    let crashing: Promise<void> | null = null;
    for (let n = 0; n < 60; n++) {
      if (n === 30) crashing = server.crash();
      await series.write([point(n, 1)]);
      acknowledged++;
    }
    await crashing;
    expect(await sum()).toBe(acknowledged);
    await server.crash();
    expect(await sum()).toBe(60);
  });

  it("2.x: path, names and token are as documented (translated for the 1.x behind it)", async () => {
    const seen: string[] = [];
    const front = createServer((request, response) => {
      void (async () => {
        const asked = new URL(request.url ?? "", server.url);
        seen.push(`${request.method} ${asked.pathname} ${request.headers.authorization}`);
        const body = await bodyOf(request);
        const to = new URL(asked.pathname === "/api/v2/write" ? "/write" : asked.pathname, server.url);
        for (const [name, value] of asked.searchParams)
          to.searchParams.set(name === "bucket" ? "db" : name, value);
        if (asked.pathname === "/api/v2/delete") {
          seen.push(body.toString());
          response.writeHead(204).end();
          return;
        }
        const headers = new Headers(request.headers as Record<string, string>);
        for (const name of ["host", "authorization", "connection", "content-length"]) headers.delete(name);
        const answer = await fetch(to, { method: "POST", headers, body: new Uint8Array(body) });
        response.writeHead(answer.status).end(await answer.text());
      })();
    }).listen(0, "127.0.0.1");
    await once(front, "listening");
    const { port } = front.address() as { port: number };
    const series = influxSeries({
      url: `http://127.0.0.1:${port}/`,
      org: "acme",
      bucket: database,
      token: "s3cret",
    });
    await series.write(Array.from({ length: 100 }, (_, i) => point(i, 1, { site: "a" })));
    expect(await series.query(query({ by: ["site"] }))).toEqual([
      { tags: { site: "a" }, windows: [{ at: T0, value: 100 }] },
    ]);
    await series.drop(T0);
    await series.close();
    expect(seen).toEqual([
      "POST /api/v2/write Token s3cret",
      "POST /query Token s3cret",
      "POST /api/v2/delete Token s3cret",
      '{"start":"1677-09-22T00:00:00Z","stop":"2024-12-31T23:59:59.999Z"}',
    ]);
    front.closeAllConnections();
    front.close();
  });
});

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
