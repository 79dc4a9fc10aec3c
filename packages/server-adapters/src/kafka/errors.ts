import { AttuneError, isAttuneError } from "@attune/core";

export const closed = (): AttuneError =>
  new AttuneError("ATTUNE_LOG_CLOSED", "The log is closed. Open a new one.");

/** What a caller is told when the cluster did not do what was asked, after all retries. */
export function unavailable(what: string, cause: unknown): AttuneError {
  if (isAttuneError(cause)) return cause;
  return new AttuneError(
    "ATTUNE_LOG_UNAVAILABLE",
    `Kafka did not ${what}, retries included. Look at the cause; where the cluster was away, do it again.`,
    { cause },
  );
}

interface KafkaFailure {
  name: string;
  /** The protocol's name of the error, e.g. `OFFSET_OUT_OF_RANGE`; only of an answer of a broker. */
  type?: string;
  retriable?: boolean;
  cause?: unknown;
}

/** kafkajs tells its errors apart by name and type; its classes may come from another copy of it. */
export const failureOf = (error: unknown): KafkaFailure =>
  typeof error === "object" && error !== null ? (error as KafkaFailure) : { name: String(error) };
