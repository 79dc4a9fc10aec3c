import * as v from "valibot";
import type { Issue } from "../kernel/result.js";
import { flag, text, whole } from "./fields.js";
import { noList } from "./schemas.js";
import type { PortsConfig } from "./types.js";

const CODE = "ATTUNE_WIRE_CONFIG";

/** Scheme, credentials, host (a name, or IPv6 in brackets), port, and the rest. By hand: the bare language has no `URL`. */
const ADDRESS = /^([a-z]+):\/\/(?:[^\s/@]*@)?(?:\[[\da-f:.]+\]|[^\s/:@?#[\]]+)(?::(\d{1,5}))?(?:[/?#]\S*)?$/i;

/** Whether a text is an address of one of these schemes, with a host and a port that can be. */
export function isAddress(value: string, schemes: readonly string[]): boolean {
  const [, scheme = "", port = "0"] = ADDRESS.exec(value) ?? [];
  return schemes.includes(scheme.toLowerCase()) && Number(port) <= 65_535;
}

const url = (schemes: readonly string[], example: string) =>
  v.pipe(
    v.string(),
    v.check(
      (value) => isAddress(value, schemes),
      `This must be an address as in ${example}; one with a password in it is best named by \`{ "env": "NAME" }\`.`,
    ),
  );
const httpUrl = () => url(["http", "https"], "http://127.0.0.1:8086");
const name = (most: number) =>
  v.pipe(
    v.string(),
    v.check(
      (value) => /^[\w.-]+$/.test(value) && value.length <= most,
      `This is 1 to ${most} letters, digits, dots, dashes or underscores.`,
    ),
  );

const redis = {
  kind: v.literal("redis"),
  url: url(["redis", "rediss"], "redis://127.0.0.1:6379"),
  cluster: v.optional(flag()),
  prefix: v.optional(text()),
};
const lmdb = { kind: v.literal("lmdb"), dir: v.optional(text()), flush: v.optional(flag()) };
const postgres = {
  kind: v.literal("postgres"),
  url: url(["postgres", "postgresql"], "postgres://attune@127.0.0.1/attune"),
  table: v.optional(text()),
};
const aws = { region: v.optional(text()), endpoint: v.optional(httpUrl()) };

/** Which system plays which role. */
export const ports = () =>
  noList(
    v.strictObject({
      hot: v.variant("kind", [v.strictObject(redis), v.strictObject(lmdb), v.strictObject(postgres)]),
      durable: v.optional(
        v.variant("kind", [
          v.strictObject({ kind: v.literal("dynamodb"), table: name(255), ...aws }),
          v.strictObject(postgres),
        ]),
      ),
      log: v.variant("kind", [
        v.strictObject({
          kind: v.literal("kafka"),
          brokers: v.pipe(
            v.array(text()),
            v.check((list) => list.length > 0, "Name at least one broker, as in `kafka-1:9092`."),
          ),
          topic: name(240),
          deadLetterTopic: v.optional(name(249)),
          ssl: v.optional(flag()),
          sasl: v.optional(
            v.strictObject({
              mechanism: v.picklist(["plain", "scram-sha-256", "scram-sha-512"]),
              username: text(),
              password: text(),
            }),
          ),
        }),
        v.strictObject({ ...redis, name: v.optional(text()), shards: v.optional(whole(1, 1024)) }),
        v.strictObject({ ...lmdb, shards: v.optional(whole(1, 1024)) }),
      ]),
      channel: v.variant("kind", [v.strictObject(redis), v.strictObject({ kind: v.literal("memory") })]),
      series: v.optional(
        v.variant("kind", [
          v.strictObject({
            kind: v.literal("influxdb"),
            url: httpUrl(),
            database: v.optional(text()),
            username: v.optional(text()),
            password: v.optional(text()),
            org: v.optional(text()),
            bucket: v.optional(text()),
            token: v.optional(text()),
          }),
          v.strictObject(lmdb),
        ]),
      ),
      keys: v.optional(
        v.variant("kind", [
          v.strictObject({ kind: v.literal("files"), dir: v.optional(text()) }),
          v.strictObject({ kind: v.literal("kms"), keyId: text(), ...aws }),
        ]),
      ),
    }),
  );

/** What no single key can tell: which of them belong together. */
export function portIssues({ hot, log, series, keys }: PortsConfig): Issue[] {
  const issues: Issue[] = [];
  const add = (path: string, message: string): void =>
    void issues.push({ path: `/ports${path}`, code: CODE, message });
  if (log.kind === "kafka" && keys === undefined)
    add(
      "/keys",
      'This is missing: Kafka removes no single entry, so erasure works by destroying the key of the subject. Name where keys are, as in `{ "kind": "files", "dir": "/etc/attune/keys" }`.',
    );
  if (keys?.kind === "files" && keys.dir === undefined && (hot.kind !== "lmdb" || log.kind !== "lmdb"))
    add(
      "/keys/dir",
      "This is missing: with systems that several machines share, name the folder that all of them see.",
    );
  if (series?.kind === "influxdb") {
    const { database, org, bucket, token } = series;
    const second = [org, bucket, token].filter((each) => each !== undefined).length;
    if (database === undefined ? second !== 3 : second > 0)
      add(
        "/series",
        "InfluxDB 1.x takes `database` (with `username` and `password`), 2.x takes `org`, `bucket` and `token`: give one or the other.",
      );
  }
  return issues;
}
