import { AttuneError, isAttuneError } from "@attune/core";

/**
 * `condition`: the item is not what the write asked for. `throttled`: surely not applied, later it may be. `uncertain`: no answer, or one
 * that leaves open whether it was applied. `refused`: will not do, ever.
 */
export type FailureKind = "condition" | "throttled" | "uncertain" | "refused";

const THROTTLED = new Set([
  "ProvisionedThroughputExceededException",
  "RequestLimitExceeded",
  "ThrottlingException",
  "Throttling",
  "ThrottledException",
  "TooManyRequestsException",
]);
const UNCERTAIN = new Set([
  "TimeoutError",
  "RequestTimeout",
  "RequestTimeoutException",
  "InternalServerError",
  "ReplicatedWriteConflictException",
]);
/** Node's codes for a connection that was not made, or ended before the answer. */
const CONNECTION = new Set([
  "ECONNRESET",
  "ECONNREFUSED",
  "ECONNABORTED",
  "EPIPE",
  "ETIMEDOUT",
  "EAI_AGAIN",
  "ENOTFOUND",
  "ENETUNREACH",
  "EHOSTUNREACH",
]);

interface SdkError {
  name?: string;
  code?: string;
  $metadata?: { httpStatusCode?: number; attempts?: number };
}

export function kindOf(error: unknown): FailureKind {
  const { name = "", code = "", $metadata } = error as SdkError;
  if (name === "ConditionalCheckFailedException") return "condition";
  if (THROTTLED.has(name)) return "throttled";
  if (UNCERTAIN.has(name) || CONNECTION.has(code)) return "uncertain";
  return ($metadata?.httpStatusCode ?? 0) >= 500 ? "uncertain" : "refused";
}

/** How often the client itself tried, as its retry middleware notes on answers and errors alike. */
export const triesOf = (outcome: unknown): number => (outcome as SdkError).$metadata?.attempts ?? 1;

/** A failure that stays, with its cure. The vendor's error is the cause. */
export function toAttuneError(error: unknown, kind: FailureKind, table: string): AttuneError {
  if (isAttuneError(error)) return error;
  const cause = { cause: error };
  if (kind === "throttled") {
    return new AttuneError(
      "ATTUNE_DYNAMO_THROTTLED",
      `DynamoDB throttles requests to the table ${table}, and went on doing so. Raise its capacity, spread hot partitions, or send less.`,
      cause,
    );
  }
  if (kind === "uncertain") {
    return new AttuneError(
      "ATTUNE_DYNAMO_UNAVAILABLE",
      `DynamoDB did not answer for the table ${table}. Check endpoint, region and network. A write may have been applied: read before it is repeated.`,
      cause,
    );
  }
  if ((error as SdkError).name === "ResourceNotFoundException") {
    return new AttuneError(
      "ATTUNE_DYNAMO_TABLE",
      `There is no table ${table} here. Create it with dynamoTable, or check region and account.`,
      cause,
    );
  }
  return new AttuneError(
    "ATTUNE_DYNAMO_REFUSED",
    `DynamoDB refused a request to the table ${table} (${(error as SdkError).name ?? "unknown"}). The cause says why; often an action is missing in the IAM policy.`,
    cause,
  );
}

/** What became of a write cannot be told any more. */
export const unknownOutcome = (): AttuneError =>
  new AttuneError(
    "ATTUNE_DYNAMO_UNKNOWN",
    "The answer to a conditional write was lost and the record has changed too much since to tell whether it was applied. Read the record and decide anew.",
  );
