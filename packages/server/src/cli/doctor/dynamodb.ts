import type { DynamoConfig } from "@attune/core/wire";
import type { DynamoDBClient, TableDescription } from "@aws-sdk/client-dynamodb";
import type { DynamoTable } from "@attune/server-adapters/dynamodb";
import { dynamoClient } from "../ports/clients.js";
import { fromDateHeader, judgeClock, type TimeReading } from "./clock.js";
import { error, type Finding, unchecked, warning } from "./finding.js";

export interface DynamoFacts {
  table: TableDescription;
  /** As `DescribeTimeToLive` has it; null where it did not answer. */
  timeToLive: { status: string; attribute: string } | null;
  /** Of point-in-time recovery; null where it did not answer. */
  recovery: string | null;
}

const NO_ANSWER = "the service did not answer that question (permission missing, or not the real DynamoDB).";

export function judgeDynamo({ table, timeToLive, recovery }: DynamoFacts, wanted: DynamoTable): Finding[] {
  const findings: Finding[] = [];
  if (shapeOf(table) !== shapeOf(wanted.create))
    findings.push(
      error(
        "ATTUNE_DOCTOR_DYNAMO_KEYS",
        "The table's keys are not those that the store works on. Make a table as docs/dynamodb.md describes it.",
      ),
    );
  if (table.TableStatus !== undefined && table.TableStatus !== "ACTIVE")
    findings.push(
      warning("ATTUNE_DOCTOR_DYNAMO_STATUS", `The table is ${table.TableStatus}, not ACTIVE. Wait for it.`),
    );
  const ttl = wanted.timeToLive.TimeToLiveSpecification?.AttributeName;
  if (timeToLive === null) findings.push(unchecked("Time to live", NO_ANSWER));
  else if (!timeToLive.status.startsWith("ENABL") || timeToLive.attribute !== ttl)
    findings.push(
      warning(
        "ATTUNE_DOCTOR_DYNAMO_TTL",
        `Expired items stay until they are swept, at a cost. Enable time to live on the attribute \`${ttl}\`.`,
      ),
    );
  if (recovery === null) findings.push(unchecked("Point-in-time recovery", NO_ANSWER));
  else if (recovery !== "ENABLED")
    findings.push(
      error(
        "ATTUNE_DOCTOR_DYNAMO_RECOVERY",
        "Point-in-time recovery is off: what is deleted by mistake is gone. Enable it (UpdateContinuousBackups).",
      ),
    );
  // A table that has been provisioned ever since it was made says nothing of billing.
  if (table.BillingModeSummary?.BillingMode !== "PAY_PER_REQUEST")
    findings.push(
      warning(
        "ATTUNE_DOCTOR_DYNAMO_BILLING",
        "The table has provisioned throughput: above it requests are throttled. Set PAY_PER_REQUEST, or see that auto scaling follows your peaks.",
      ),
    );
  if (table.DeletionProtectionEnabled === false)
    findings.push(
      warning(
        "ATTUNE_DOCTOR_DYNAMO_PROTECTION",
        "The table may be deleted by one call. Enable deletion protection.",
      ),
    );
  return findings;
}

/** Names, kinds and types of the keys, as one text. */
function shapeOf({
  KeySchema = [],
  AttributeDefinitions = [],
}: Pick<TableDescription, "KeySchema" | "AttributeDefinitions">): string {
  const typeOf = (name: string | undefined): string =>
    AttributeDefinitions.find(({ AttributeName }) => AttributeName === name)?.AttributeType ?? "";
  const keys = KeySchema.map(
    ({ AttributeName, KeyType }) => `${KeyType} ${AttributeName} ${typeOf(AttributeName)}`,
  );
  return keys.sort().join(", ");
}

export async function lookAtDynamo(config: DynamoConfig): Promise<Finding[]> {
  const client = await dynamoClient(config);
  const { DescribeContinuousBackupsCommand, DescribeTableCommand, DescribeTimeToLiveCommand } = await import(
    "@aws-sdk/client-dynamodb"
  );
  const { dynamoTable } = await import("@attune/server-adapters/dynamodb");
  const TableName = config.table;
  const clock = watchClock(client);
  try {
    const { Table: table = {} } = await client.send(new DescribeTableCommand({ TableName }));
    const ttl = await client.send(new DescribeTimeToLiveCommand({ TableName })).catch(() => null);
    const backups = await client.send(new DescribeContinuousBackupsCommand({ TableName })).catch(() => null);
    const { TimeToLiveStatus: status, AttributeName: attribute = "" } = ttl?.TimeToLiveDescription ?? {};
    const facts = {
      table,
      timeToLive: status === undefined ? null : { status, attribute },
      recovery:
        backups?.ContinuousBackupsDescription?.PointInTimeRecoveryDescription?.PointInTimeRecoveryStatus ??
        null,
    };
    return [...judgeDynamo(facts, dynamoTable({ name: TableName })), ...judgeClock(clock())];
  } catch (cause) {
    if ((cause as { name?: unknown }).name !== "ResourceNotFoundException") throw cause;
    return [
      error(
        "ATTUNE_DOCTOR_DYNAMO_TABLE",
        `There is no table ${TableName} in this region. Make it as docs/dynamodb.md describes it.`,
      ),
    ];
  } finally {
    client.destroy();
  }
}

/** The service's own time, as its latest answer had it. */
function watchClock(client: DynamoDBClient): () => TimeReading | null {
  let reading: TimeReading | null = null;
  client.middlewareStack.add(
    (next) => async (args) => {
      const asked = Date.now();
      const result = await next(args);
      const { headers } = result.response as { headers?: Record<string, string> };
      reading = fromDateHeader(headers?.date, asked, Date.now());
      return result;
    },
    { step: "deserialize", priority: "low" },
  );
  return () => reading;
}
