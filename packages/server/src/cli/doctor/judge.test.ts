import { dynamoTable } from "@attune/server-adapters/dynamodb";
import { describe, expect, it } from "vitest";
import { clockDifference, fromDateHeader, judgeClock } from "./clock.js";
import { judgeNode } from "./config.js";
import { type DynamoFacts, judgeDynamo } from "./dynamodb.js";
import type { Finding } from "./finding.js";
import { judgeDataFolder } from "./folder.js";
import { influxDuration } from "./influxdb.js";
import { judgeStandings, judgeTopic, type TopicFacts } from "./kafka.js";

const codes = (findings: readonly Finding[]): string[] =>
  findings.map(({ level, code }) => `${level} ${code.replace("ATTUNE_DOCTOR_", "")}`).sort();
const DAY_MS = 86_400_000;

describe("what doctor makes of answers that no server here gives", () => {
  it("of where workers stand in a topic that drops what is old", () => {
    const findings = judgeStandings("events", [
      { partition: 0, low: 100, high: 120, committed: 100 },
      { partition: 1, low: 100, high: 120, committed: 60 },
    ]);
    expect(codes(findings)).toEqual(["error KAFKA_LOST"]);
    expect(findings[0]?.message).toMatch(/Partition 1 .* dropped 40 entries/);
  });

  it("of partitions in which no worker has a position", () => {
    const none = { low: 0, high: 0, committed: null };
    expect(judgeStandings("events", [{ ...none, partition: 0 }])).toEqual([]);
    const findings = judgeStandings("events", [
      { ...none, partition: 0 },
      { ...none, partition: 1, high: 7 },
      { ...none, partition: 2, low: 100, high: 120 },
      { ...none, partition: 3, low: 30, high: 30 },
      { partition: 4, low: 0, high: 120, committed: 0 },
    ]);
    expect(codes(findings)).toEqual(["error KAFKA_FORGOTTEN", "warning KAFKA_UNFOLDED"]);
    expect(findings.find(({ level }) => level === "error")?.message).toMatch(
      /partitions 2, 3 .* dropped .* offsets\.retention\.minutes/,
    );
    expect(findings.find(({ level }) => level === "warning")?.message).toMatch(
      /partition 1 .* start workers/i,
    );
  });

  it("of a topic", () => {
    const settings = (more: Record<string, string>): ReadonlyMap<string, string> =>
      new Map(
        Object.entries({
          "min.insync.replicas": "2",
          "retention.ms": "-1",
          "cleanup.policy": "delete",
          ...more,
        }),
      );
    const topic: TopicFacts = {
      name: "events",
      partitions: 12,
      replicas: 3,
      inSync: 3,
      settings: settings({}),
    };
    const judge = (more: Partial<TopicFacts>, holdsEvents = true) =>
      codes(judgeTopic({ ...topic, ...more }, 30 * DAY_MS, holdsEvents));
    expect(judge({})).toEqual([]);
    expect(judge({ replicas: 1, inSync: 1, partitions: 1 })).toEqual([
      "error KAFKA_REPLICAS",
      "warning KAFKA_PARTITIONS",
    ]);
    expect(judge({ replicas: 2, inSync: 1 })).toEqual(["warning KAFKA_BEHIND", "warning KAFKA_REPLICAS"]);
    const loose = {
      "min.insync.replicas": "1",
      "unclean.leader.election.enable": "true",
      "cleanup.policy": "compact,delete",
      "retention.ms": String(7 * DAY_MS),
    };
    expect(judge({ settings: settings(loose) })).toEqual([
      "error KAFKA_COMPACT",
      "error KAFKA_INSYNC",
      "error KAFKA_UNCLEAN",
      "warning KAFKA_RETENTION",
    ]);
    expect(judge({ settings: settings({ "retention.bytes": "1073741824" }) })).toEqual([
      "warning KAFKA_BYTES",
    ]);
    expect(judge({ settings: settings({ "retention.bytes": "-1" }) })).toEqual([]);
    expect(judge({ settings: settings({ "min.insync.replicas": "3" }) })).toEqual(["warning KAFKA_STOPS"]);
    expect(judge({ settings: settings({ ...loose, "min.insync.replicas": "2" }) }, false)).toEqual([
      "error KAFKA_UNCLEAN",
    ]);
  });

  it("of a table", () => {
    const wanted = dynamoTable({ name: "attune" });
    const { KeySchema, AttributeDefinitions } = wanted.create;
    const attribute = wanted.timeToLive.TimeToLiveSpecification?.AttributeName ?? "";
    const facts: DynamoFacts = {
      table: {
        KeySchema,
        AttributeDefinitions,
        TableStatus: "ACTIVE",
        BillingModeSummary: { BillingMode: "PAY_PER_REQUEST" },
        DeletionProtectionEnabled: true,
      },
      timeToLive: { status: "ENABLED", attribute },
      recovery: "ENABLED",
    };
    const judge = (more: Partial<DynamoFacts>) => codes(judgeDynamo({ ...facts, ...more }, wanted));
    expect(judge({})).toEqual([]);
    expect(judge({ timeToLive: { status: "DISABLED", attribute: "" }, recovery: "DISABLED" })).toEqual([
      "error DYNAMO_RECOVERY",
      "warning DYNAMO_TTL",
    ]);
    expect(judge({ timeToLive: { status: "ENABLED", attribute: "other" } })).toEqual(["warning DYNAMO_TTL"]);
    const other = { KeySchema, AttributeDefinitions: [], DeletionProtectionEnabled: false };
    expect(judge({ table: other })).toEqual([
      "error DYNAMO_KEYS",
      "warning DYNAMO_BILLING",
      "warning DYNAMO_PROTECTION",
    ]);
  });

  it("of clocks, the way there and back taken off", () => {
    const reading = { server: 10_000, within: 1, asked: 9_000, answered: 9_500 };
    expect(clockDifference(reading)).toBe(500);
    expect(clockDifference({ ...reading, server: 9_200 })).toBe(0);
    expect(clockDifference({ ...reading, server: 7_000 })).toBe(-1999);
    expect(judgeClock(reading)).toEqual([]);
    expect(judgeClock({ ...reading, server: 11_000 })[0]?.message).toContain("1.5 s ahead of");
    expect(judgeClock({ ...reading, server: 7_000 })[0]?.message).toContain("2.0 s behind");
    expect(judgeClock(fromDateHeader("Thu, 01 Jan 1970 00:00:08 GMT", 9_000, 9_500))).toEqual([]);
    expect(judgeClock(fromDateHeader("Thu, 01 Jan 1970 00:00:06 GMT", 9_000, 9_500))).toHaveLength(1);
    expect(fromDateHeader(null, 1, 2)).toBeNull();
  });

  it("of disks and folders", () => {
    const facts = {
      folder: "/data",
      isFolder: true,
      mode: 0o700,
      writable: true,
      freeBytes: 2 ** 40,
      fileSystem: 0xef53,
      broken: [],
    };
    const judge = (more: Partial<typeof facts>) => codes(judgeDataFolder({ ...facts, ...more }));
    expect(judge({})).toEqual([]);
    expect(judge({ freeBytes: 2 ** 29 })).toEqual(["warning DISK"]);
    expect(judge({ freeBytes: 2 ** 20, writable: false })).toEqual(["error DISK", "error FOLDER_WRITE"]);
    expect(judge({ fileSystem: 0x6969 })).toEqual(["error NETWORK_DISK"]);
    expect(judge({ fileSystem: 0x01021994 })).toEqual(["warning MEMORY_DISK"]);
  });

  it("of durations and of Node", () => {
    expect(influxDuration("168h0m0s")).toBe(7 * DAY_MS);
    expect(influxDuration("0s")).toBe(0);
    expect(codes(judgeNode("20.18.3"))).toEqual(["error NODE"]);
    expect([...judgeNode("20.19.0"), ...judgeNode("24.1.0")]).toEqual([]);
  });
});
