import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/*
 * From measured figures of one core to a million events a second. Every number below is either measured here or assumed; docs/scale.md
 * shows what this prints. `node benchmarks/scale.mjs` prints it, `--write` puts it into the page.
 */

/** What is asked for. */
const TARGET = { eventsPerSecond: 1_000_000, sockets: 100_000 };

/** Measured: `npm run bench -- pipeline` and `npm run bench -- sockets`; when and where stands in docs/scale.md. µs are processor time. */
export const MEASURED = {
  /** Validated, sealed and handed to Kafka's client, in requests of 100 events. */
  doorKafkaUs: 20.4,
  /** The same, and folded, on Redis; and what of it is the door on Redis. */
  foldRedisUs: 59.8,
  doorRedisUs: 20.9,
  /** Of the Redis process for the same two. */
  redisFoldUs: 19.2,
  redisDoorUs: 3.9,
  /** What Redis holds of an event in its log, sealed; and in log and store together. */
  logBytes: 668,
  logAndStoreBytes: 2222,
  /** Folded by 2 processes on one Redis, which is what a cluster is like, and the Redis process then. */
  foldTwoUs: 82.3,
  redisTwoUs: 20.6,
  /** The door in requests of 10 events instead of 100. */
  doorSmallUs: 43.8,
  frameUs: 16.3,
  streamKib: 13.2,
};

/** Assumed. Prices are round figures of the large clouds without discounts, US dollars; put in yours. */
const ASSUMED = {
  /** No more of a core than this is planned with. */
  utilisation: 0.6,
  instance: { cores: 4, gib: 8, perHour: 0.17 },
  /** Redis: a node has one core that serves, and so much memory for data. */
  redisNode: { gib: 26, perHour: 0.25, copies: 2 },
  /** Kafka: what a broker takes in, with its share of replication; disks for all copies. */
  broker: { mbPerSecond: 60, perHour: 0.4, copies: 3, diskGbMonth: 0.08 },
  logDays: 7,
  /** The least the service keeps event records for: they are the memory of ids. */
  recordDays: 7,
  /** If an id alone were kept, and for how long. */
  idBytes: 100,
  idHours: 24,
  visitors: 50_000_000,
  visitorBytes: 3000,
  /** DynamoDB: profiles are written there once a session; a write of up to 2 KB is two units. */
  session: { events: 30, writeUnits: 2 },
  dynamoPerMillionUnits: 0.625,
  /** What a socket is sent, frames a second, and its buffers outside the process's heap. */
  framesPerSocket: 1,
  socketBufferKib: 32,
  /** What one Redis node passes on of a channel, with frames as large as events; frames a second that a server process can hear. */
  channel: { mbPerSecond: 150, frameBytes: 950 },
  heardPerProcess: 50_000,
};

const HOURS_A_MONTH = 730;
const GIB = 2 ** 30;
const whole = (value) => Math.ceil(value).toLocaleString("en");
const amount = (value) =>
  value.toLocaleString("en", { maximumFractionDigits: value < 10 ? 2 : value < 100 ? 1 : 0 });
const dollars = (value) => `$${value.toFixed(value < 0.1 ? 4 : 2)}`;

/** Everything that follows from the figures above. */
export function model({ events, sockets } = { events: TARGET.eventsPerSecond, sockets: TARGET.sockets }) {
  const m = MEASURED;
  const a = ASSUMED;
  const coresFor = (us) => (events * us) / 1e6 / a.utilisation;
  const instancesFor = (cores) => Math.ceil(cores / a.instance.cores);
  const foldUs = m.foldTwoUs - m.doorRedisUs;
  const storeUs = m.redisTwoUs - m.redisDoorUs;
  const recordBytes = m.logAndStoreBytes - m.logBytes;
  const door = { cores: coresFor(m.doorSmallUs) };
  const fold = { cores: coresFor(foldUs), perCore: (1e6 / foldUs) * a.utilisation };
  const megabytes = (events * m.logBytes) / 1e6;
  const kafka = {
    megabytes,
    shards: Math.ceil(events / fold.perCore),
    brokers: Math.ceil(megabytes / a.broker.mbPerSecond),
    diskTb: (megabytes * 86_400 * a.logDays * a.broker.copies) / 1e6,
  };
  const stateGib = (a.visitors * a.visitorBytes) / GIB;
  const recordsGib = (events * 86_400 * a.recordDays * recordBytes) / GIB;
  const idsGib = (events * 3600 * a.idHours * a.idBytes) / GIB;
  const byCpu = Math.ceil(coresFor(storeUs));
  const nodes = (gib) => Math.max(byCpu, Math.ceil(gib / a.redisNode.gib)) * a.redisNode.copies;
  const redis = {
    byCpu,
    recordBytes,
    stateGib,
    recordsGib,
    idsGib,
    asBuilt: nodes(stateGib + recordsGib),
    withIds: nodes(stateGib + idsGib),
  };
  const live = {
    cores: (sockets * a.framesPerSocket * m.frameUs) / 1e6 / a.utilisation,
    gib: (sockets * (m.streamKib + a.socketBufferKib) * 1024) / GIB,
  };
  const instances = {
    door: instancesFor(door.cores),
    fold: instancesFor(fold.cores),
    live: Math.max(instancesFor(live.cores), Math.ceil(live.gib / (a.instance.gib / 2))),
  };
  const millionsAnHour = (events * 3600) / 1e6;
  const perMillion = {
    door: (instances.door * a.instance.perHour) / millionsAnHour,
    fold: (instances.fold * a.instance.perHour) / millionsAnHour,
    live: (instances.live * a.instance.perHour) / millionsAnHour,
    kafka:
      (kafka.brokers * a.broker.perHour + (kafka.diskTb * 1000 * a.broker.diskGbMonth) / HOURS_A_MONTH) /
      millionsAnHour,
    redisAsBuilt: (redis.asBuilt * a.redisNode.perHour) / millionsAnHour,
    redisWithIds: (redis.withIds * a.redisNode.perHour) / millionsAnHour,
    dynamo: (a.session.writeUnits / a.session.events) * a.dynamoPerMillionUnits,
  };
  const common = perMillion.door + perMillion.fold + perMillion.live + perMillion.kafka + perMillion.dynamo;
  return {
    events,
    foldUs,
    storeUs,
    door,
    fold,
    kafka,
    redis,
    live,
    instances,
    perMillion: {
      ...perMillion,
      asBuilt: common + perMillion.redisAsBuilt,
      withIds: common + perMillion.redisWithIds,
    },
    dynamoWrites: events / a.session.events,
  };
}

/** Events a second at which each part of one site comes to its end, the first one first. */
export function limits() {
  const { recordBytes } = model().redis;
  const day = 86_400 * ASSUMED.recordDays * recordBytes;
  const list = [
    {
      what: `event records of ${ASSUMED.recordDays} days in 1 TiB of Redis`,
      at: (1024 * GIB) / day,
      cure: "ids alone in the hot store, events in the log or a durable store",
    },
    {
      what: "one process hears every frame of its sites",
      at: ASSUMED.heardPerProcess,
      cure: "a channel for each shard, so that a process hears those of its own sockets",
    },
    {
      what: "one Redis node passes on every frame of a site",
      at: (ASSUMED.channel.mbPerSecond * 1e6) / ASSUMED.channel.frameBytes,
      cure: "the same: sharded channels lie on all nodes",
    },
    {
      what: `8 shards, the default of a log, one core each`,
      at: 8 * model().fold.perCore,
      cure: "more shards, chosen when the log is made",
    },
  ];
  return list.sort((a, b) => a.at - b.at);
}

const table = (head, rows) =>
  [
    `| ${head.join(" | ")} |`,
    `|${head.map(() => "---|").join("")}`,
    ...rows.map((row) => `| ${row.join(" | ")} |`),
  ].join("\n");

/** The page's figures as Markdown. */
export function report() {
  const a = ASSUMED;
  const m = MEASURED;
  const at = model();
  const { door, fold, kafka, redis, live, instances, perMillion } = at;
  const measured = table(
    ["measured, processor time or bytes of one event", ""],
    [
      ["door to Kafka, sealed, requests of 100 events", `${m.doorKafkaUs} µs`],
      ["the same, requests of 10", `${m.doorSmallUs} µs`],
      ["door and fold on Redis, sealed, one process", `${m.foldRedisUs} µs`],
      ["the same, two processes on one Redis", `${m.foldTwoUs} µs`],
      ["of both the door", `${m.doorRedisUs} µs`],
      [
        "so the fold alone, beside others",
        `${m.foldTwoUs} − ${m.doorRedisUs} = ${amount(at.foldUs)} µs, ${whole(1e6 / at.foldUs)} events/s per core`,
      ],
      ["Redis for store and channel", `${m.redisTwoUs} − ${m.redisDoorUs} = ${amount(at.storeUs)} µs`],
      ["log entry, sealed", `${m.logBytes} B`],
      ["records in the hot store", `${m.logAndStoreBytes} − ${m.logBytes} = ${redis.recordBytes} B`],
      ["a frame to a stream; an open stream", `${m.frameUs} µs; ${m.streamKib} KiB`],
    ],
  );
  const needed = table(
    [`at ${whole(at.events)} events/s, ${whole(TARGET.sockets)} sockets`, "arithmetic", "needed"],
    [
      [
        "door",
        `${whole(at.events)} × ${m.doorSmallUs} µs ÷ ${a.utilisation}`,
        `${whole(door.cores)} cores, ${whole(instances.door)} instances of ${a.instance.cores}`,
      ],
      [
        "Kafka",
        `${whole(kafka.megabytes)} MB/s ÷ ${a.broker.mbPerSecond}; ${a.logDays} days × ${a.broker.copies} copies`,
        `${whole(kafka.brokers)} brokers, ${whole(kafka.diskTb)} TB of disk`,
      ],
      ["shards", `${whole(at.events)} ÷ ${whole(fold.perCore)} a core`, `${whole(kafka.shards)}`],
      [
        "workers",
        `${whole(at.events)} × ${amount(at.foldUs)} µs ÷ ${a.utilisation}`,
        `${whole(fold.cores)} cores, ${whole(instances.fold)} instances`,
      ],
      [
        "Redis, processor",
        `${whole(at.events)} × ${amount(at.storeUs)} µs ÷ ${a.utilisation}`,
        `${whole(redis.byCpu)} masters`,
      ],
      [
        "Redis, states",
        `${whole(a.visitors)} visitors × ${a.visitorBytes} B`,
        `${whole(redis.stateGib)} GiB`,
      ],
      [
        "Redis, event records, as built",
        `${a.recordDays} days × ${redis.recordBytes} B`,
        `${whole(redis.recordsGib / 1024)} TiB: ${whole(redis.asBuilt)} nodes with copies`,
      ],
      [
        "Redis, ids alone",
        `${a.idHours} h × ${a.idBytes} B`,
        `${whole(redis.idsGib / 1024)} TiB: ${whole(redis.withIds)} nodes with copies`,
      ],
      [
        "sockets",
        `${whole(TARGET.sockets)} × ${a.framesPerSocket} frame/s × ${m.frameUs} µs; × ${amount(m.streamKib + a.socketBufferKib)} KiB`,
        `${amount(live.cores)} cores, ${amount(live.gib)} GiB: ${whole(instances.live)} instances`,
      ],
      ["DynamoDB", `a profile every ${a.session.events} events`, `${whole(at.dynamoWrites)} writes/s`],
    ],
  );
  const cost = table(
    ["cost of a million events", "as built", "ids alone"],
    [
      ["door", dollars(perMillion.door), dollars(perMillion.door)],
      ["Kafka, with disks", dollars(perMillion.kafka), dollars(perMillion.kafka)],
      ["workers", dollars(perMillion.fold), dollars(perMillion.fold)],
      ["Redis", dollars(perMillion.redisAsBuilt), dollars(perMillion.redisWithIds)],
      ["sockets", dollars(perMillion.live), dollars(perMillion.live)],
      ["DynamoDB", dollars(perMillion.dynamo), dollars(perMillion.dynamo)],
      ["together", dollars(perMillion.asBuilt), dollars(perMillion.withIds)],
    ],
  );
  const breaking = table(
    ["what breaks, the first one first", "one site, events/s", "cure"],
    limits().map(({ what, at: rate, cure }) => [what, whole(rate), cure]),
  );
  const assumed = `\`\`\`json\n${JSON.stringify(a, null, 2)}\n\`\`\``;
  return [measured, needed, cost, breaking, "Assumed:", assumed].join("\n\n");
}

const page = fileURLToPath(new URL("../docs/scale.md", import.meta.url));
const [OPEN, CLOSE] = ["<!-- figures: node benchmarks/scale.mjs --write -->", "<!-- end of figures -->"];

/** The page with the figures as they are now. */
export function updated(text) {
  const [from, to] = [text.indexOf(OPEN), text.indexOf(CLOSE)];
  if (from < 0 || to < from)
    throw new Error("docs/scale.md has lost the marks between which its figures stand.");
  return `${text.slice(0, from + OPEN.length)}\n\n${report()}\n\n${text.slice(to)}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv.includes("--write")) writeFileSync(page, updated(readFileSync(page, "utf8")));
  else console.log(report());
}
