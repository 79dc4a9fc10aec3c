import type { ConsentPolicy, ConsentSource, Grants, Purpose } from "../consent/types.js";
import type { ConsentCategories } from "./segment-consent.js";

/** Whom a call is about: the anonymous id, or the user id. A bare string may be either. */
export type SubjectId = string | { visitorId: string } | { userId: string };

export interface ConsentInput {
  /** Purposes that are not named stay as they were. */
  purposes: Partial<Grants>;
  policyVersion: string;
  source: ConsentSource;
  /** When it was decided, epoch ms (default: now; a time in the future counts as now). */
  at?: number;
  region?: string | null;
}

/** A consent post, whichever of its two shapes it came in. */
export interface ConsentPost {
  subject: SubjectId;
  input: ConsentInput;
}

export interface DecisionsPost {
  visitor: { id: string | null; userId?: string | null; consent?: Grants | null };
  slots?: readonly string[];
  /** Never has `site`: that is the credential's. */
  context: Readonly<Record<string, unknown>>;
}

/** What a site's credentials are, and from where its public ones may be used. */
export interface SiteConfig {
  /** Public: may send events and consent and ask for decisions. */
  writeKeys?: string[];
  /** For the host's servers. */
  secretKeys?: string[];
  /** Origins of pages that may use the write keys (default: any). */
  origins?: string[];
}

/** What a model that is trained by the clock learns to tell, as the configuration has it. */
export interface ModelTrainingConfig {
  /** Default `default`. */
  site?: string;
  /** `kebab-case`; conditions read its score as `scores.{name}`. */
  name: string;
  /** An event within some days, another visit within some days, or how deep the visit goes. */
  predict: { event: string; withinDays: number } | { returnsWithinDays: number } | { depth: number };
  /** How often, hours. */
  everyHours: number;
  /** Learn from the last so many days alone (default: as far back as events are kept). */
  days?: number;
  /** A row is taken at this event of each visit (default 3). */
  atEvent?: number;
  /** The conversion of the ruleset's metrics that a trial is judged by. */
  metric?: string;
  /** Of visitors who try a new version, in (0, 1) (default 0.1). */
  share?: number;
  /** Whether a version becomes everybody's by itself: the first of its name at once, a later one when it has proved itself (default true). */
  promote?: boolean;
}

/** What a webhook can be told of. */
export type WebhookEvent =
  | "model.promoted"
  | "model.tried"
  | "model.rolled-back"
  | "model.drifted"
  | "model.miscalibrated"
  | "model.errors-changed";

/** Whom the server tells of what happens, by signed posts. */
export interface WebhookConfig {
  url: string;
  /** `whsec_…`, each of 24 to 64 bytes in base64. Two while one takes the place of the other: each message is signed with both. */
  secrets: string[];
  /** Default: all. */
  events?: WebhookEvent[];
  /** Default `default`. */
  site?: string;
  /** Whether the receiver is a system of one's own network; else addresses that are not public are refused (default false). */
  internal?: boolean;
}

/** The file that `attune` reads. */
export interface ServerConfig {
  host?: string;
  port?: number;
  /** Where people reach it (`https://attune.example`), behind a proxy that ends TLS for one; default: where it listens. */
  origin?: string;
  /** Put before every route: empty, or starting with a slash and not ending in one. */
  basePath?: string;
  /** Where the embedded stores keep their files. */
  dir?: string;
  sites?: Record<string, SiteConfig>;
  consent?: ConsentPolicy;
  /** What the sites' consent platform calls its categories → the purposes that each is here. */
  consentCategories?: ConsentCategories;
  /** What calls by OpenFeature's Remote Evaluation Protocol are covered by (default: nothing). */
  ofrep?: { purposes: Purpose[] };
  /** Days that events are kept, at least 7. */
  retentionDays?: number;
  limits?: {
    /** Bytes of one event. */
    eventBytes?: number;
    /** Bytes of a body as it comes. */
    bodyBytes?: number;
    /** Bytes of a body after decompression. */
    inflatedBytes?: number;
    /** Events a batch. */
    batchEvents?: number;
    /** Requests per key and minute. */
    requestsPerMinute?: number;
    /** Requests per client address and minute that show no valid credential. */
    strangersPerMinute?: number;
    /** Requests that are answered at once, and bytes of their bodies together. */
    inFlight?: number;
    inFlightBytes?: number;
    /** How long a body may take to arrive, ms. */
    arrivalMs?: number;
    /** Appends to the log at once, and how long one may take before the log counts as stuck, ms. */
    appends?: number;
    appendMs?: number;
    /** Runs of events that wait for their fold. */
    lag?: number;
    /** Streams and WebSockets open at once, those of one key, and those of one client address. */
    sockets?: number;
    socketsPerKey?: number;
    socketsPerAddress?: number;
  };
  /** Above which bounds events that carry nothing are sampled, down to which share, and which names are always kept. */
  sampling?: { lag?: number; inFlight?: number; appendMs?: number; least?: number; keep?: readonly string[] };
  /** Fields that are kept sealed: `properties.diagnosis`, `traits.phone`. */
  sensitive?: readonly string[];
  /** Headers that the proxy in front of the server sets itself on each request. */
  proxy?: { address?: string; country?: string; region?: string };
  /** Path of the ruleset document to start with. */
  ruleset?: string;
  /** Models that are trained by the clock, by the processes that fold. */
  models?: { train: ModelTrainingConfig[] };
  /** Who is told of what happens to models, by signed posts. */
  webhooks?: WebhookConfig[];
  /** The systems that hold everything (default: embedded, in `dir`). */
  ports?: PortsConfig;
}

/** A Redis, or a cluster that is found through one of its nodes. */
export interface RedisConfig {
  kind: "redis";
  url: string;
  /** Whether the address is that of a node of a cluster (default false). */
  cluster?: boolean;
  /** Stands before every key (default `attune`). */
  prefix?: string;
}

/** Files of this machine. */
export interface LmdbConfig {
  kind: "lmdb";
  /** Folder that has a folder for each store in it (default: `dir` of the configuration). */
  dir?: string;
  /** Whether writes wait for the disk (default false: they survive the process, not a power cut). */
  flush?: boolean;
}

export interface PostgresConfig {
  kind: "postgres";
  url: string;
  /** Default `attune_records`. It must exist. */
  table?: string;
}

/** Where an AWS service is; default: as the SDK finds it in the environment, credentials always so. */
interface AwsConfig {
  region?: string;
  endpoint?: string;
}

export interface DynamoConfig extends AwsConfig {
  kind: "dynamodb";
  /** It must exist. */
  table: string;
}

export interface KafkaConfig {
  kind: "kafka";
  /** `host:port` of some of the brokers. */
  brokers: string[];
  /** Both topics must exist. */
  topic: string;
  /** Default: the topic and `.dead`. */
  deadLetterTopic?: string;
  ssl?: boolean;
  sasl?: { mechanism: "plain" | "scram-sha-256" | "scram-sha-512"; username: string; password: string };
}

/** 1.x with `database`, 2.x with `org`, `bucket` and `token`. */
export interface InfluxConfig {
  kind: "influxdb";
  url: string;
  database?: string;
  username?: string;
  password?: string;
  org?: string;
  bucket?: string;
  token?: string;
}

/** Which system plays which role. */
export interface PortsConfig {
  hot: RedisConfig | LmdbConfig | PostgresConfig;
  /** Default: the hot one. */
  durable?: DynamoConfig | PostgresConfig;
  log: KafkaConfig | (RedisConfig & { name?: string; shards?: number }) | (LmdbConfig & { shards?: number });
  /** `memory` shows each process only its own events. */
  channel: RedisConfig | { kind: "memory" };
  series?: InfluxConfig | LmdbConfig;
  /** Default: files in the data folder where everything is on LMDB; else kept beside the data, and nothing is sealed. */
  keys?: { kind: "files"; dir?: string } | ({ kind: "kms"; keyId: string } & AwsConfig);
}
