import { createServer } from "node:http";
import { createRequire } from "node:module";

/**
 * The least that must happen to events on their way into a durable log: take the body, parse its JSON, write it. Redis: one XADD of the
 * packed batch. LMDB: a put for each event, one transaction for each batch.
 */
const settings = JSON.parse(process.argv[2]);
const require = createRequire(import.meta.resolve("@attune/server-adapters/package.json"));

function toRedis() {
  const { Redis } = require("ioredis");
  const client = new Redis({ host: "127.0.0.1", port: settings.redis });
  return (events) => client.xadd("bare", "*", "events", JSON.stringify(events));
}

function toLmdb() {
  const { open } = require("lmdb");
  const root = open({
    path: `${settings.dir}/bare.mdb`,
    noSubdir: true,
    maxDbs: 8,
    encoding: "binary",
    keyEncoding: "binary",
  });
  const database = root.openDB({ name: "records", encoding: "binary", keyEncoding: "binary" });
  let position = 0;
  return (events) =>
    root.transaction(() => {
      for (const event of events) {
        const key = Buffer.allocUnsafe(8);
        key.writeBigUInt64BE(BigInt(position++));
        database.putSync(key, Buffer.from(JSON.stringify(event)));
      }
    });
}

const write = settings.log === "redis" ? toRedis() : toLmdb();
const server = createServer((request, response) => {
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", async () => {
    const { events } = JSON.parse(Buffer.concat(chunks).toString("utf8"));
    await write(events);
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify({ accepted: events.length, rejected: [] }));
  });
});
server.listen(0, "127.0.0.1", () => process.send({ port: server.address().port }));
process.on("message", ({ id }) => {
  const { user, system } = process.cpuUsage();
  process.send({ id, answer: { cpu: user + system } });
});
process.on("disconnect", () => process.exit());
