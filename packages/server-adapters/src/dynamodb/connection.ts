import { AttuneError } from "@attune/core";
import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { BackOff } from "./back-off.js";
import { kindOf, toAttuneError, triesOf } from "./failure.js";

/** What is known about one write over all its tries. */
export interface Trace {
  /** Some try was answered in a way that leaves open whether it was applied. */
  uncertain: boolean;
}

export interface Connection {
  readonly table: string;
  readonly backOff: BackOff;
  /**
   * Sends until there is an answer. A failed condition is thrown as the vendor's error; what cannot be cured by waiting, or was not cured
   * within the tries, as an AttuneError. Never rejects because of an earlier try: that is what the trace is for.
   */
  call<Output>(request: (client: DynamoDBClient) => Promise<Output>, trace?: Trace): Promise<Output>;
  /** @throws AttuneError after the store was closed. */
  assertOpen(): void;
}

export function connect(
  client: DynamoDBClient,
  table: string,
  backOff: BackOff,
  isClosed: () => boolean,
): Connection {
  return {
    table,
    backOff,
    async call(request, trace) {
      for (let attempt = 1; ; attempt++) {
        try {
          const output = await request(client);
          if (trace && triesOf(output) > 1) trace.uncertain = true;
          backOff.relax();
          return output;
        } catch (error) {
          const kind = kindOf(error);
          if (trace && (kind === "uncertain" || triesOf(error) > 1)) trace.uncertain = true;
          if (kind === "condition") throw error;
          if (kind === "refused" || attempt >= backOff.attempts) throw toAttuneError(error, kind, table);
          await backOff.pause(attempt);
        }
      }
    },
    assertOpen() {
      if (isClosed()) throw new AttuneError("ATTUNE_STORE_CLOSED", "The store is closed. Open a new one.");
    },
  };
}
