import { existsSync } from "node:fs";
import { appendFile, mkdtemp, readdir, readlink, rm, stat, writeFile } from "node:fs/promises";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createClient } from "../replay/client.js";
import { replay } from "../replay/replay.js";
import type { ReplayReport } from "../replay/report.js";
import { openRows } from "../replay/rows.js";
import { nativeEvent, SECRET, startTestServer, WRITE } from "../testing/start.js";
import { main } from "./main.js";
import type { Terminal } from "./terminal.js";

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "attune-replay-"));
});
afterAll(() => rm(dir, { recursive: true }));

interface Ran {
  code: number;
  out: string;
  err: string;
}

async function run(...args: string[]): Promise<Ran> {
  const lines: Record<"out" | "err", string[]> = { out: [], err: [] };
  const plain = (text: string): string => text;
  const terminal: Terminal = {
    out: (line) => void lines.out.push(line),
    err: (line) => void lines.err.push(line),
    status: () => {},
    bold: plain,
    dim: plain,
  };
  const code = await main(args, terminal);
  return { code, out: lines.out.join("\n"), err: lines.err.join("\n") };
}
const reportOf = ({ code, out, err }: Ran): ReplayReport => {
  expect(err).toBe("");
  expect(code).toBe(0);
  return JSON.parse(out) as ReplayReport;
};
async function file(name: string, content: string | Uint8Array): Promise<string> {
  await writeFile(join(dir, name), content);
  return join(dir, name);
}

const HEADER = "event_time,event_type,product_id,category_id,category_code,brand,price,user_id,user_session";
const line = (second: number, type: string, user: string, session: string, price = "10.00"): string =>
  `2019-10-01 00:00:${String(second).padStart(2, "0")} UTC,${type},1,2,garden.tools,acme,${price},${user},${session}`;
const SHOP = [
  HEADER,
  line(0, "view", "u1", "s1"),
  line(1, "cart", "u1", "s1"),
  line(2, "purchase", "u1", "s1", "25.50"),
  line(3, "view", "u2", "s2"),
  line(3, "view", "u2", "s2"),
  line(4, "view", "u3", "s3").replace("2019-10-01", "someday"),
  line(5, "view", "u4", ""),
  "2019-10-01 00:00:06 UTC,view,1,2,garden.tools,acme,10.00,u5",
].join("\n");

describe("attune replay", () => {
  it("accounts for every row of a file and for what became of it", async () => {
    const report = reportOf(
      await run("replay", await file("shop.csv", SHOP), "--mapping", "rees46", "--json"),
    );
    expect(report).toMatchObject({
      rows: 8,
      accepted: 6,
      duplicates: 1,
      rejected: 1,
      withheld: 0,
      balanced: true,
    });
    expect(report.rejections).toMatchObject([{ path: "/occurredAt", count: 1, rows: [6] }]);
    expect(report.withoutSession).toEqual({ count: 2, rows: [7, 8] });
    expect(report.after).toMatchObject({
      events: 6,
      visitors: 4,
      sessions: { given: 2, derived: 2 },
      conversions: { sessions: 1, orders: 1, revenue: 25.5 },
    });
    expect(report.memory.bytes).toBeGreaterThan(1 << 20);
    // The door asks for the visitor of the row that it refuses, too.
    const first = { capacity: 0, invalidated: 0, compulsory: 5 };
    expect(report.cache).toMatchObject({ consent: { misses: first }, profile: { hits: 4 } });
  });

  it("reads .gz, stops at --limit, and shows people what it did", async () => {
    const name = await file("shop.csv.gz", gzipSync(SHOP));
    const { code, out } = await run(
      "replay",
      name,
      "--mapping",
      "rees46",
      "--limit",
      "3",
      "--batch",
      "2",
      "--concurrency",
      "2",
    );
    expect(code).toBe(0);
    expect(out).toMatch(/rows +3\n/);
    expect(out).toContain("every row is accounted for");
    expect(out).toMatch(
      /cache hits +\d+\.\d % of look-ups\n +profile +100\.0 %\n +consent +\d+\.\d % \(misses: 1 compulsory\)/,
    );
    expect(out).toMatch(/converted +1/);
  });

  it("asks for the decisions of every visitor of a batch, where it is told to", async () => {
    const name = await file("decide.csv", SHOP);
    const args = ["replay", name, "--mapping", "rees46", "--json", "--decide", "--batch", "1"];
    const report = reportOf(await run(...args));
    // The row without a time is refused, and its visitor has a page all the same.
    expect(report.decisions?.asked).toBe(8);
    expect(report.decisions?.p99).toBeGreaterThan(0);
    expect(report.cache).toMatchObject({ segments: { hits: 7 }, profile: { hits: 7 + 8 } });
    expect(reportOf(await run(...args.filter((arg) => arg !== "--decide"))).decisions).toBeNull();
    const shown = await run(...args.filter((arg) => arg !== "--json"));
    expect(shown.out).toMatch(/decisions +8, answered in [\d.]+ ms \(p50\), [\d.]+ ms \(p99\)/);
  });

  it("into a folder a second time changes nothing", async () => {
    const args = [
      "replay",
      await file("again.csv", SHOP),
      "--mapping",
      "rees46",
      "--dir",
      join(dir, "data"),
      "--json",
    ];
    const first = reportOf(await run(...args));
    const second = reportOf(await run(...args));
    expect(second).toMatchObject({ rows: 8, accepted: 0, duplicates: 7, rejected: 1, balanced: true });
    expect(second.before).toEqual(first.after);
    expect(second.after).toEqual(first.after);
    expect((await stat(join(dir, "data", "keys.json"))).mode & 0o777).toBe(0o600);
  });

  it("sends NDJSON as it stands, broken lines counted", async () => {
    const event = {
      id: "n1",
      schemaVersion: 1,
      name: "Page Viewed",
      visitorId: "v1",
      occurredAt: 1_569_888_000_000,
    };
    const consent = { purposes: ["analytics"], policyVersion: "1" };
    const lines = [
      JSON.stringify({ ...event, consent }),
      "{broken",
      "",
      JSON.stringify({ ...event, id: "n2", consent: { ...consent, purposes: [] } }),
      "7",
    ];
    const report = reportOf(await run("replay", await file("events.ndjson", lines.join("\n")), "--json"));
    expect(report).toMatchObject({ rows: 4, accepted: 1, withheld: 1, rejected: 2, balanced: true });
    expect(report.rejections.map(({ rows }) => rows)).toEqual(expect.arrayContaining([[2], [4]]));
  });

  it("maps the members of NDJSON lines, and takes lines that differ in a member that is not mapped for two", async () => {
    const mapping = await file(
      "lines.json",
      '{ "id": "hash", "name": { "column": "what" }, "occurredAt": { "column": "t", "format": "epoch-ms" }, "visitorId": { "column": "who" }, "properties": { "price": { "column": "price", "type": "number" } }, "consent": ["analytics"] }',
    );
    const at = (who: string, more: object = {}) =>
      JSON.stringify({ what: "Order Completed", t: Date.now() - 1000, who, price: 5, ...more });
    const same = at("u1");
    const lines = ["\ufeff" + same, same, at("u1", { note: "other" }), "7", "[1]", at("u2", { t: "soon" })];
    const name = await file("lines.ndjson", lines.join("\n"));
    const report = reportOf(await run("replay", name, "--mapping", mapping, "--json"));
    expect(report).toMatchObject({ rows: 6, accepted: 2, duplicates: 1, rejected: 3, balanced: true });
    expect(report.rejections[0]).toMatchObject({ code: "ATTUNE_REPLAY_JSON", rows: [4, 5] });
    expect(report.after).toMatchObject({ visitors: 1, conversions: { orders: 2 } });
  });

  it("ends at a quote that is not closed, and says where: what follows would be one field", async () => {
    const name = await file(
      "quote.csv",
      [HEADER, line(0, "view", "u1", "s1"), `"2019-10-01`, ...SHOP.split("\n").slice(1)].join("\n"),
    );
    const long = await file("long.csv", [HEADER, `"${"x\n".repeat(600_000)}`].join("\n"));
    for (const [given, row] of [
      [name, 1],
      [long, 0],
    ]) {
      const { code, out, err } = await run("replay", String(given), "--mapping", "rees46");
      expect([code, /rows +1\n/.test(out)]).toEqual([1, row === 1]);
      expect(err).toMatch(new RegExp(`^A quote that is opened behind row ${row} is not closed`));
    }
  });

  it("gives every row before a quote that is not closed, and says behind which it is", async () => {
    const rows = [...Array(100).fill("1,2"), '3,4"5', ...Array(100).fill("6,7"), '8,9"1'];
    for (const rest of [[], Array(100_000).fill("a,b")]) {
      const name = await file("held.csv", ["a,b", ...rows, '8,"9', ...rest].join("\n"));
      const source = await openRows(name, { format: "csv" });
      const seen: unknown[] = [];
      const reading = async (): Promise<void> => {
        for await (const { number, fault } of source.rows(() => {})) {
          seen.push(fault ?? number);
          // The parser is ahead of who takes its time.
          if (number % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
        }
      };
      await expect(reading()).rejects.toThrow("opened behind row 202 is not closed");
      expect([seen.length, seen[100], seen[201]]).toEqual([202, "ATTUNE_REPLAY_CSV", "ATTUNE_REPLAY_CSV"]);
    }
  });

  it("counts a faulty row once, however many quotes in it are wrong, and loses none behind it", async () => {
    const rowsOf = async (bad: string): Promise<unknown[]> => {
      const lines = ["a,b", "1,2", bad, "3,4", "5,6", bad, '7,"8"'];
      const source = await openRows(await file("quotes.csv", lines.join("\n")), { format: "csv" });
      const found: unknown[] = [];
      for await (const { row, fault } of source.rows(() => {})) found.push(fault ?? row);
      return found;
    };
    const fault = "ATTUNE_REPLAY_CSV";
    for (const bad of ['x,"he said "hi" there"', 'x,a"b"c'])
      expect(await rowsOf(bad)).toEqual([["1", "2"], fault, ["3", "4"], ["5", "6"], fault, ["7", "8"]]);
    // The quote behind it is missing, so that the field goes on to the next quote.
    for (const bad of ['x,"y" z', '"x"y,"z"w'])
      await expect(rowsOf(bad)).rejects.toThrow("A quote that is opened behind row 1 is not closed");
  });

  it("is not held up by a long line of NDJSON that is no JSON", async () => {
    const quotes = `1234567890123456${'\\"'.repeat(400_000)}`;
    const source = await openRows(await file("quotes.ndjson", quotes), { format: "ndjson", columns: ["id"] });
    const started = performance.now();
    for await (const { fault } of source.rows(() => {})) expect(fault).toBe("ATTUNE_REPLAY_JSON");
    expect(performance.now() - started).toBeLessThan(5000);
  }, 20_000);

  it("tells what became of the rows before the place where an archive is damaged", async () => {
    // As they stand, so that the place of the damage is known.
    const packed = gzipSync(
      [...SHOP.split("\n"), ...Array(9000).fill(line(9, "view", "u9", "s9"))].join("\n"),
      {
        level: 0,
      },
    );
    const cut = await file("torn.csv.gz", packed.subarray(0, packed.length >> 1));
    const args = ["replay", cut, "--mapping", "rees46"];
    const { code, out, err } = await run(...args, "--json");
    expect(code).toBe(1);
    expect(err).toMatch(/torn\.csv\.gz is cut short/);
    const report = JSON.parse(out) as ReplayReport;
    expect(report).toMatchObject({ accepted: 7, rejected: 1, balanced: true });
    expect(report.rows).toBeGreaterThan(1000);
    expect(report.endedEarly).toMatch(/torn\.csv\.gz is cut short/);
    expect(report.after?.events).toBe(7);
    const shown = await run(...args);
    expect(shown.code).toBe(1);
    expect(shown.out).toMatch(/ended early +the figures are of the rows that were read/);
  });

  it("refuses a line of NDJSON that does not end, and reads no further for it", async () => {
    const endless = await file("endless.ndjson", `{}\n\n{"a":"${"x".repeat(8 << 20)}"}\n`);
    const { code, out, err } = await run("replay", endless);
    expect(code).toBe(1);
    expect(out).toMatch(/rows +1\n/);
    expect(err).toMatch(/^Line 3 is longer than 1 MiB/);
    expect(err.length).toBeLessThan(300);
    const source = await openRows(endless, { format: "ndjson" });
    const rows = source.rows(() => {})[Symbol.asyncIterator]();
    expect((await rows.next()).value).toEqual({ number: 1, raw: {} });
    await expect(rows.next()).rejects.toMatchObject({ code: "ATTUNE_REPLAY_FILE" });
    expect(source.progress()).toBeLessThan(0.5);
  });

  it("ends lines of NDJSON at line feeds alone, wherever chunks end", async () => {
    // Three bytes a letter, so that chunks end within one; JSON takes U+2028 in strings as it stands.
    const longest = JSON.stringify("€".repeat(Math.floor(((1 << 20) - 2) / 3)));
    const values = ["a\u2028b\u2029c\u0085d", JSON.parse(longest) as string, "€", "last"];
    const text = values.map((value) => JSON.stringify(value)).join("\r\n");
    for (const name of ["lines-of.ndjson", "lines-of.ndjson.gz"]) {
      const given = await file(name, name.endsWith(".gz") ? gzipSync(text) : text);
      const found: unknown[] = [];
      for await (const { raw } of (await openRows(given, { format: "ndjson" })).rows(() => {}))
        found.push(raw);
      expect(found).toEqual(values);
    }
  });

  it.skipIf(!existsSync("/proc/self/fd"))("closes a file that is not read to its end", async () => {
    const lines = "1,2\n".repeat(500_000);
    for (const name of ["left.csv", "left.csv.gz", "left.ndjson", "left.ndjson.gz"]) {
      const given = await file(name, name.endsWith(".gz") ? gzipSync(lines, { level: 0 }) : lines);
      const format = name.includes("csv") ? "csv" : "ndjson";
      for await (const row of (await openRows(given, { format, columns: ["a", "b"] })).rows(() => {})) {
        expect(row.number).toBe(1);
        break;
      }
      const isOpen = async (): Promise<boolean> => {
        const fds = await readdir("/proc/self/fd");
        const paths = await Promise.all(fds.map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => "")));
        return paths.includes(given);
      };
      await expect.poll(isOpen, { message: name }).toBe(false);
    }
  });

  it("takes every usual end of a line of CSV for one, also where a file mixes them", async () => {
    const lines = ["a,b", "1,2", '"x\ny",4', "5,6", "7,8"];
    for (const ends of [["\n"], ["\r\n"], ["\r"], ["\r\n", "\n"], ["\n", "\r\n"]]) {
      const text = lines.map((each, n) => each + ends[n % ends.length]).join("");
      const found: unknown[] = [];
      const source = await openRows(await file("ends.csv", `\ufeff${text}`), { format: "csv" });
      for await (const { row } of source.rows((columns) => found.push(columns))) found.push(row);
      expect(found, JSON.stringify(ends)).toEqual([
        ["a", "b"],
        ["1", "2"],
        ["x\ny", "4"],
        ["5", "6"],
        ["7", "8"],
      ]);
    }
  });

  it("ends at a header line that is no CSV, instead of taking the first row for it", async () => {
    for (const header of ['event_time,event"type', '"event_time,event_type']) {
      const name = await file("header.csv", [header, ...SHOP.split("\n").slice(1)].join("\n"));
      const { code, out, err } = await run("replay", name, "--mapping", "rees46");
      expect([code, out]).toEqual([1, ""]);
      expect(err).toMatch(/^The header line is no CSV/);
      expect(err).not.toContain("u1");
    }
  });

  it("keeps the digits of numbers that are longer than a double can hold: people are told apart by them", async () => {
    const ids = ["12345678901234567890", "12345678901234567891", "-9007199254740993"];
    const lines = ids.map((id) => `{"id":${id},"text":"say \\"${id}\\", 0.12345678901234567","price":0.5}`);
    const source = await openRows(await file("long-ids.ndjson", lines.join("\n")), {
      format: "ndjson",
      columns: ["id", "text", "price"],
    });
    const found: unknown[] = [];
    for await (const { row } of source.rows(() => {})) found.push(row?.slice(0, 3));
    expect(found).toEqual(ids.map((id) => [id, `say "${id}", 0.12345678901234567`, "0.5"]));
  });

  it("is never further than at the end of a file that grows while it is read", async () => {
    const name = await file("growing.ndjson", "{}\n");
    const source = await openRows(name, { format: "ndjson" });
    await appendFile(name, "{}\n".repeat(10));
    let rows = 0;
    for await (const { number } of source.rows(() => {})) rows = number;
    expect([rows, source.progress()]).toEqual([11, 1]);
  });

  it("counts rows that are no CSV", async () => {
    const broken = `${HEADER}\n${line(0, "view", "u1", "s1")}\n2019-10-01 00:00:01 UTC,vi"ew,1,2,c,b,1,u1,s1\n${line(2, "view", "u1", "s1")}\n`;
    const report = reportOf(
      await run("replay", await file("broken.csv", broken), "--mapping", "rees46", "--json"),
    );
    expect(report).toMatchObject({ rows: 3, accepted: 2, rejected: 1, balanced: true });
    expect(report.rejections[0]).toMatchObject({ code: "ATTUNE_REPLAY_CSV", rows: [2] });
  });

  it("keeps to recorded time when asked to", async () => {
    const started = Date.now();
    reportOf(
      await run("replay", await file("paced.csv", SHOP), "--mapping", "rees46", "--speed", "10x", "--json"),
    );
    expect(Date.now() - started).toBeGreaterThan(580);
  });

  it("keeps to recorded time in whatever shape events tell of it", async () => {
    const at = (ms: number): string => new Date(Date.now() - 60_000 + ms).toISOString();
    const event = { sessionId: "s", eventType: "page_view", consent: { purposes: ["analytics"] } };
    const lines = [
      { ...event, timestamp: at(0) },
      { ...event, eventData: { timestamp: at(300) } },
      nativeEvent({ occurredAt: Date.parse(at(600)) }),
    ].map((each) => JSON.stringify(each));
    const name = await file("shapes.ndjson", lines.join("\n"));
    const report = reportOf(await run("replay", name, "--speed", "1", "--json"));
    expect(report).toMatchObject({ rows: 3, rejected: 0 });
    expect(report.elapsedMs).toBeGreaterThan(580);
  });

  it.each([
    ["an hour", 3_600_000],
    ["longer than one timer can wait", 40 * 86_400_000],
  ])(
    "that is interrupted while it waits for %s reads no further, and accounts for what it has read",
    async (_, gap) => {
      const at = await startTestServer();
      const ending = new AbortController();
      const client = createClient({ url: at.url, key: SECRET, connections: 2, waitMs: 10_000 });
      const event = (occurredAt: number) => JSON.stringify(nativeEvent({ occurredAt }));
      const began = Date.now() - 50 * 86_400_000;
      const lines = [event(began), event(began + 10), event(began + gap), event(began + gap)];
      const source = await openRows(await file("slow.ndjson", lines.join("\n")), { format: "ndjson" });
      const options = {
        source,
        client,
        mapping: null,
        cacheStats: null,
        decide: false,
        ended: ending.signal,
      };
      const running = replay({ ...options, batch: 10, concurrency: 2, limit: 100, speed: 1 });
      await expect.poll(async () => (await client.summary())?.events).toBe(2);
      ending.abort();
      expect(await running).toMatchObject({ rows: 3, balanced: true, after: { events: 3 } });
      client.close();
      await at.close();
    },
  );

  it("reaches a server elsewhere; a write key sees no totals", async () => {
    const at = await startTestServer();
    const name = await file("remote.csv", SHOP);
    const args = ["replay", name, "--mapping", "rees46", "--url", at.url, "--json"];
    expect(reportOf(await run(...args, "--key", WRITE))).toMatchObject({ accepted: 6, after: null });
    expect(reportOf(await run(...args, "--key", SECRET))).toMatchObject({
      accepted: 0,
      duplicates: 7,
      after: { events: 6 },
      cache: null,
    });
    const refused = await run(...args, "--key", "sk_wrong");
    expect(refused).toMatchObject({ code: 1, out: "" });
    expect(refused.err).toContain("401");
    await at.close();
  });

  it("tells a server that is not Attune, and sends nothing again once it has ended", async () => {
    const pages = ["<!doctype html>", '{"ok":true}', "null"];
    let asked = 0;
    const other = http.createServer((request, response) => {
      asked += 1;
      if (request.method === "GET") return void response.end(pages[asked - 1]);
      response.writeHead(503, { "retry-after": "20" }).end();
    });
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
    const name = await file("elsewhere.csv", SHOP);
    for (const _ of pages) {
      const { code, err } = await run("replay", name, "--mapping", "rees46", "--url", url, "--key", "sk_x");
      expect([code, err]).toEqual([1, "The server does not answer as Attune does; check --url."]);
    }
    const client = createClient({ url, key: "sk_x", connections: 1, waitMs: 0 });
    const sending = client.batch([{}]);
    await expect.poll(() => asked).toBe(4);
    client.close();
    await expect(sending).rejects.toThrow();
    expect(asked).toBe(4);
    other.close();
  });

  it("asks once more whatever is asked, where nobody answers, the connection ends or the server is busy", async () => {
    const troubles: ((response: http.ServerResponse) => void)[] = [
      () => undefined,
      (response) => response.destroy(),
      (response) => response.writeHead(503, { "retry-after": "0" }).end(),
    ];
    const left: Record<"GET" | "POST", typeof troubles> = { GET: [], POST: [] };
    const busy = http.createServer((request, response) => {
      request.resume();
      const trouble = left[request.method as "GET" | "POST"].shift();
      if (trouble) return trouble(response);
      response.end(JSON.stringify(request.method === "GET" ? { events: 7 } : { accepted: 1, rejected: [] }));
    });
    await new Promise<void>((resolve) => busy.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(busy.address() as AddressInfo).port}`;
    const client = createClient({ url, key: "sk_x", connections: 2, waitMs: 0, answerMs: 200 });
    expect(await client.summary()).toEqual({ events: 7 });
    for (const method of ["GET", "POST"] as const) left[method].push(...troubles);
    const [summary, batch] = await Promise.all([client.summary(), client.batch([{}])]);
    expect([summary, batch]).toEqual([{ events: 7 }, { accepted: 1, rejected: [] }]);
    client.close();
    busy.closeAllConnections();
    busy.close();
  });

  it("says in one line what is wrong with a file, a folder or an address", async () => {
    const name = await file("fine.csv", SHOP);
    const packed = gzipSync(SHOP.repeat(50));
    const cut = await file("cut.csv.gz", packed.subarray(0, packed.length - 20));
    const not = await file("not.csv.gz", SHOP);
    const lines = await file("cut.ndjson.gz", gzipSync("{}\n".repeat(5)).subarray(0, 20));
    const failing: [string[], number, RegExp][] = [
      [[cut, "--mapping", "rees46"], 1, /cut\.csv\.gz.*pack it again/],
      [[not, "--mapping", "rees46"], 1, /not\.csv\.gz.*pack it again/],
      [[lines], 1, /cut\.ndjson\.gz.*pack it again/],
      [[dir, "--mapping", "rees46"], 2, /is a folder; name a file/],
      [[name, "--mapping", "rees46", "--key", "k", "--url", "nowhere"], 2, /--url is the address/],
      [[name, "--mapping", "rees46", "--key", "k", "--url", "ftp://x/"], 2, /--url is the address/],
      [
        [name, "--mapping", "rees46", "--key", "k", "--url", "http://127.0.0.1:1"],
        1,
        /cannot be reached.*--url/,
      ],
    ];
    for (const [args, expected, message] of failing) {
      const { code, err } = await run("replay", ...args);
      expect(err).toMatch(message);
      expect(err.split("\n")).toHaveLength(1);
      expect(err).not.toMatch(/ at .*:\d+/);
      expect(code).toBe(expected);
    }
  });

  it("compares the mapping with a header that nothing follows, and with no header at all", async () => {
    for (const content of ["when,what\n", "when,what", "", "\n"]) {
      const { code, err } = await run("replay", await file("empty.csv", content), "--mapping", "rees46");
      expect(err).toMatch(/\/name\/column names the column "event_type"; the file has/);
      expect(code).toBe(2);
    }
  });

  it("prints no control characters that a file holds", async () => {
    const hostile = await file("hostile.csv", `a\u001b[2J\u0007,b\u009b31m,c\u202e\n1,2,3\n`);
    const { err } = await run("replay", hostile, "--mapping", "rees46");
    expect(err).toContain("\\u001b[2J");
    expect(err).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
  });

  it("says what is wrong with how it was called, with exit code 2", async () => {
    const name = await file("any.csv", SHOP);
    const mapping = await file(
      "mapping.json",
      '{ "id": "hash", "consent": [], "name": {}, "occurredAt": { "column": "t" }, "visitorId": { "column": "u" } }',
    );
    const columns = await file(
      "columns.json",
      '{ "id": "hash", "consent": [], "name": { "constant": "x" }, "occurredAt": { "column": "when" }, "visitorId": { "column": "user_id" } }',
    );
    const wrong: [string[], RegExp][] = [
      [["replay"], /Name one file/],
      [["replay", join(dir, "absent.csv"), "--mapping", "rees46"], /no file/],
      [["replay", name], /needs --mapping/],
      [["replay", name, "--mapping", "nowhere.json"], /there is no file/],
      [["replay", name, "--mapping", mapping], /\/name: give exactly one of column/],
      [
        ["replay", name, "--mapping", columns],
        /\/occurredAt\/column names the column "when"; the file has: event_time,/,
      ],
      [["replay", name, "--mapping", "rees46", "--url", "http://127.0.0.1:1"], /--url needs --key/],
      [["replay", name, "--mapping", "rees46", "--key", "sk_1"], /--key is for the server that --url names/],
      [
        ["replay", name, "--mapping", "rees46", "--url", "http://127.0.0.1:1", "--key", "sk_1\n"],
        /--key is made of visible ASCII characters/,
      ],
      [["replay", name, "--mapping", "rees46", "--batch", "5000"], /--batch is a whole number/],
      [["replay", name, "--mapping", "rees46", "--speed", "fast"], /--speed is max/],
      [["replay", name, "--unknown"], /Unknown option/],
      [["fly"], /no command fly/],
      [["fly", "--help"], /no command fly/],
    ];
    for (const [args, message] of wrong) {
      const { code, err } = await run(...args);
      expect(err).toMatch(message);
      expect(code).toBe(2);
    }
    for (const args of [["help"], ["--help"], ["help", "fly"]])
      expect((await run(...args)).out).toMatch(/attune dev [^]*attune replay FILE[^]*NO_COLOR/);
    for (const [args, own, other] of [
      [["replay", "--help"], "attune replay FILE", "attune dev"],
      [["serve", "-h"], "--no-worker", "attune worker [options]"],
      [["help", "keys"], "--dir DIR", "attune audit-log"],
    ] as const) {
      const { code, out } = await run(...args);
      expect(code).toBe(0);
      expect(out).toContain(own);
      expect(out).not.toContain(other);
    }
    expect((await run("--version")).out).toMatch(/^\d+\.\d+\.\d+/);
  });

  it("repeats nothing of a file that is not JSON: passwords may stand in it", async () => {
    const config = await file("secret.json", '{ "password": hunter2 }');
    const { code, err } = await run("doctor", "--config", config);
    expect(code).toBe(2);
    expect(err).toMatch(/secret\.json is not JSON/);
    expect(err).not.toContain("hunter2");
  });
});

const shared = process.env.ATTUNE_SHARED ?? join(import.meta.dirname, "../../../../../shared");
const recorded = join(shared, "data/rees46-sample/events.csv");
const real = existsSync(recorded);
if (!real) console.warn(`left out: replay of recorded shop data (${recorded} is not here)`);

describe.skipIf(!real)("attune replay of recorded shop data", () => {
  const facts = {
    rows: 13_685,
    accepted: 13_680,
    duplicates: 5,
    rejected: 0,
    balanced: true,
    withoutSession: { count: 1, rows: [13_685] },
    after: {
      events: 13_680,
      visitors: 3555,
      sessions: { given: 3987, derived: 1 },
      conversions: { sessions: 160, orders: 172 },
      byName: { "Product Viewed": 13_369, "Product Added": 139, "Order Completed": 172 },
    },
  };

  it("gives its known figures in memory", async () => {
    expect(reportOf(await run("replay", recorded, "--mapping", "rees46", "--json"))).toMatchObject(facts);
  }, 120_000);

  it("gives the same on disk, and nothing new the second time", async () => {
    const args = ["replay", recorded, "--mapping", "rees46", "--dir", join(dir, "recorded"), "--json"];
    const first = reportOf(await run(...args));
    expect(first).toMatchObject(facts);
    const second = reportOf(await run(...args));
    expect(second).toMatchObject({ accepted: 0, duplicates: 13_685, balanced: true });
    expect(second.after).toEqual(first.after);
  }, 240_000);
});
