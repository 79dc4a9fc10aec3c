import type { KafkaConfig } from "@attune/core/wire";
import type { Admin } from "kafkajs";
import { kafkaClient } from "../ports/clients.js";
import { error, type Finding, unchecked, warning } from "./finding.js";

export interface TopicFacts {
  name: string;
  partitions: number;
  /** Of the partition that has the fewest. */
  replicas: number;
  inSync: number;
  /** Settings by name; null where the cluster did not tell. */
  settings: ReadonlyMap<string, string> | null;
}

const DAY_MS = 86_400_000;

/** @param holdsEvents Whether it is the topic of events, not that of dead letters. */
export function judgeTopic(facts: TopicFacts, retentionMs: number, holdsEvents: boolean): Finding[] {
  const { name, replicas, inSync, settings } = facts;
  const findings: Finding[] = [];
  if (replicas < 3)
    findings.push(
      (replicas < 2 ? error : warning)(
        "ATTUNE_DOCTOR_KAFKA_REPLICAS",
        `The topic ${name} is on ${replicas} ${replicas === 1 ? "broker: its loss takes the data with it" : "brokers: with one down, writes stop or are not safe"}. Give it a replication factor of 3.`,
      ),
    );
  if (inSync < replicas)
    findings.push(
      warning(
        "ATTUNE_DOCTOR_KAFKA_BEHIND",
        `A replica of the topic ${name} is behind or away. Look at the brokers' logs.`,
      ),
    );
  if (holdsEvents && facts.partitions < 2)
    findings.push(
      warning(
        "ATTUNE_DOCTOR_KAFKA_PARTITIONS",
        `The topic ${name} has one partition: only one worker can fold. Make it anew with more; later changes move keys.`,
      ),
    );
  if (settings === null)
    findings.push(
      unchecked(
        `Settings of the topic ${name} (min.insync.replicas, retention.ms, cleanup.policy)`,
        "the cluster does not describe them to this client.",
      ),
    );
  else
    findings.push(
      ...judgeSafety(facts, settings),
      ...(holdsEvents ? judgeKept(name, settings, retentionMs) : []),
    );
  return findings;
}

/** Whether what is acknowledged is safe, and goes on being taken. */
function judgeSafety(
  { name: topic, replicas }: TopicFacts,
  settings: ReadonlyMap<string, string>,
): Finding[] {
  const findings: Finding[] = [];
  const least = Number(settings.get("min.insync.replicas") ?? 1);
  if (least < 2)
    findings.push(
      error(
        "ATTUNE_DOCTOR_KAFKA_INSYNC",
        `The topic ${topic} acknowledges what only one broker has. Set min.insync.replicas to 2.`,
      ),
    );
  if (replicas > 2 && least >= replicas)
    findings.push(
      warning(
        "ATTUNE_DOCTOR_KAFKA_STOPS",
        `The topic ${topic} takes nothing as soon as one of its brokers is down. Set min.insync.replicas to ${replicas - 1}.`,
      ),
    );
  if (settings.get("unclean.leader.election.enable") === "true")
    findings.push(
      error(
        "ATTUNE_DOCTOR_KAFKA_UNCLEAN",
        `A replica that is behind may become the leader of the topic ${topic}, and drops what it lacks. Set unclean.leader.election.enable to false.`,
      ),
    );
  return findings;
}

/** What the topic drops, and when. */
function judgeKept(topic: string, settings: ReadonlyMap<string, string>, retentionMs: number): Finding[] {
  const findings: Finding[] = [];
  if (settings.get("cleanup.policy")?.includes("compact"))
    findings.push(
      error(
        "ATTUNE_DOCTOR_KAFKA_COMPACT",
        `The topic ${topic} keeps only the last entry of each visitor. Set cleanup.policy to delete.`,
      ),
    );
  const kept = Number(settings.get("retention.ms") ?? -1);
  if (kept >= 0 && kept < retentionMs)
    findings.push(
      warning(
        "ATTUNE_DOCTOR_KAFKA_RETENTION",
        `The topic ${topic} keeps entries for ${Math.floor(kept / DAY_MS)} days, events are kept for ${Math.floor(retentionMs / DAY_MS)}: what is older cannot be folded anew from the log. Raise retention.ms, or lower retentionDays.`,
      ),
    );
  if (Number(settings.get("retention.bytes") ?? -1) >= 0)
    findings.push(
      warning(
        "ATTUNE_DOCTOR_KAFKA_BYTES",
        `The topic ${topic} drops its oldest entries beyond retention.bytes, however young they are and whether they were folded or not. Set retention.bytes to -1, and let retention.ms alone decide.`,
      ),
    );
  return findings;
}

/** Where a partition begins and ends, and where the workers stand in it: null where they have committed nothing, or Kafka has forgotten it. */
export interface Standing {
  partition: number;
  low: number;
  high: number;
  committed: number | null;
}

/** The group under which workers fold, as the log names it at the broker. */
const groupOf = (topic: string): string => `${topic}/fold`;

/** What the topic dropped, or will drop, before it is folded. */
export function judgeStandings(topic: string, standings: readonly Standing[]): Finding[] {
  const findings = standings.flatMap(({ partition, low, committed }) =>
    committed === null || committed >= low
      ? []
      : [
          error(
            "ATTUNE_DOCTOR_KAFKA_LOST",
            `Partition ${partition} of the topic ${topic} dropped ${low - committed} entries that no worker had folded; they cannot be brought back. Raise retention.ms above the longest time for which workers may stand still, and start workers.`,
          ),
        ],
  );
  const unknown = standings.filter(({ committed }) => committed === null);
  const dropping = unknown.filter(({ low }) => low > 0);
  if (dropping.length > 0)
    findings.push(
      error(
        "ATTUNE_DOCTOR_KAFKA_FORGOTTEN",
        `No worker has a position in ${named(dropping)} of the topic ${topic}, which dropped entries: those that were not folded are lost, and more will be. Start workers; raise retention.ms above the longest time for which they may stand still, and offsets.retention.minutes of the brokers above that, so that their positions are not forgotten.`,
      ),
    );
  const waiting = unknown.filter(({ low, high }) => low === 0 && high > 0);
  if (waiting.length > 0)
    findings.push(
      warning(
        "ATTUNE_DOCTOR_KAFKA_UNFOLDED",
        `No worker has folded anything of ${named(waiting)} of the topic ${topic}, which drops entries after retention.ms whether they were folded or not. Start workers.`,
      ),
    );
  return findings;
}

const named = (standings: readonly Standing[]): string =>
  `partition${standings.length === 1 ? "" : "s"} ${standings.map(({ partition }) => partition).join(", ")}`;

async function standingsOf(admin: Admin, topic: string): Promise<Standing[] | null> {
  try {
    const [ranges, [group]] = await Promise.all([
      admin.fetchTopicOffsets(topic),
      admin.fetchOffsets({ groupId: groupOf(topic), topics: [topic] }),
    ]);
    const committed = new Map(group?.partitions.map(({ partition, offset }) => [partition, Number(offset)]));
    return ranges.map(({ partition, low, high }) => {
      const offset = committed.get(partition) ?? -1;
      return {
        partition,
        low: Number(low),
        high: Number(high),
        committed: offset < 0 ? null : offset,
      };
    });
  } catch {
    return null;
  }
}

export async function lookAtKafka(config: KafkaConfig, retentionMs: number): Promise<Finding[]> {
  const kafka = await kafkaClient(config);
  const admin = kafka.admin({ retry: { retries: 1 } });
  const { topic, deadLetterTopic = `${topic}.dead` } = config;
  try {
    await admin.connect();
    // All of them: a broker may make a topic that is asked for by name.
    const { topics } = await admin.fetchTopicMetadata();
    const settings = await settingsOf(admin, [topic, deadLetterTopic]);
    const findings = [topic, deadLetterTopic].flatMap((name) => {
      const found = topics.find((each) => each.name === name);
      if (found === undefined)
        return [
          error(
            "ATTUNE_DOCTOR_KAFKA_TOPIC",
            `There is no topic ${name}, or this client may not see it. Make it; docs/operations.md says how.`,
          ),
        ];
      const facts = {
        name,
        partitions: found.partitions.length,
        replicas: Math.min(...found.partitions.map(({ replicas }) => replicas.length)),
        inSync: Math.min(...found.partitions.map(({ isr }) => isr.length)),
        settings: settings?.get(name) ?? null,
      };
      return judgeTopic(facts, retentionMs, name === topic);
    });
    if (topics.every((each) => each.name !== topic)) return findings;
    const standings = await standingsOf(admin, topic);
    if (standings === null)
      findings.push(
        unchecked(
          `Whether the topic ${topic} dropped what was not folded`,
          "the cluster does not tell this client where its groups stand.",
        ),
      );
    else findings.push(...judgeStandings(topic, standings));
    return findings;
  } finally {
    await admin.disconnect();
  }
}

async function settingsOf(
  admin: Admin,
  names: readonly string[],
): Promise<Map<string, Map<string, string>> | null> {
  const { ConfigResourceTypes } = await import("kafkajs");
  const resources = names.map((name) => ({ type: ConfigResourceTypes.TOPIC, name }));
  const answer = await admin.describeConfigs({ resources, includeSynonyms: false }).catch(() => null);
  if (answer === null) return null;
  return new Map(
    answer.resources
      .filter(({ errorCode }) => errorCode === 0)
      .map(({ resourceName, configEntries }) => [
        resourceName,
        new Map(configEntries.map(({ configName, configValue }) => [configName, configValue])),
      ]),
  );
}
