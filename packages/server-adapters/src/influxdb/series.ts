import { AttuneError } from "@attune/core";
import { checkSeriesPoints, checkSeriesQuery } from "@attune/core/memory";
import type { Series } from "@attune/core/ports";
import { type InfluxV1, type InfluxV2, influxConnection } from "./connection.js";
import { EARLIEST_MS, LATEST_MS, toLine } from "./lines.js";
import { toInfluxQl, toRows } from "./query.js";
import { lineWriter } from "./writer.js";

interface Common {
  /** Of the server, e.g. `http://127.0.0.1:8086`. */
  url: string;
  /** Default: the platform's. */
  fetch?: typeof fetch;
  batch?: {
    /** Of one request before compression, bytes (default 1,000,000). */
    maxBytes?: number;
    /** How long a point waits for company, ms (default 5). */
    waitMs?: number;
  };
  /** How often a request is sent again where the server was away, busy (429) or failing (5xx) (default 6). */
  retries?: number;
  /** Of one request, ms (default 10,000). */
  timeoutMs?: number;
}

export type InfluxSeriesOptions = Common & (InfluxV1 | InfluxV2);

/**
 * A {@link Series} on InfluxDB: line protocol in, InfluxQL out, by fetch alone. With `database` it speaks to 1.x, with
 * `org`, `bucket` and `token` to the write, query-compatibility and delete interfaces of 2.x. Shown on 1.6; the
 * interfaces of 2.x are written to their documentation. InfluxDB 3 has no delete.
 *
 * - **Durable**: `write` resolves when the server has the points in its write-ahead log.
 * - **Names** that InfluxDB cannot hold (`time`, a `_` in front, backslashes, quotes, control characters) are kept in
 *   a `%` form and come back as they were; all others look in other tools as they are here.
 * - **An empty tag value** does not exist in InfluxDB, as in the port: it is no tag.
 * - **Retention** is the database's; points older than it are taken and gone. `drop` deletes from all measurements of
 *   the database or bucket: give the series one of its own.
 *
 * @throws AttuneError of its calls: `ATTUNE_SERIES_POINT`, `ATTUNE_SERIES_QUERY`, `ATTUNE_SERIES_REFUSED` where the
 * server says no, `ATTUNE_SERIES_UNAVAILABLE` where it is away, `ATTUNE_SERIES_CLOSED`.
 */
export function influxSeries(options: InfluxSeriesOptions): Series {
  const { url, fetch: request = fetch, retries = 6, timeoutMs = 10_000 } = options;
  const { maxBytes = 1_000_000, waitMs = 5 } = options.batch ?? {};
  const connection = influxConnection({ url, target: options, fetch: request, retries, timeoutMs });
  const writer = lineWriter({ connection, maxBytes, waitMs });
  let closed = false;
  const assertOpen = (): void => {
    if (closed) throw new AttuneError("ATTUNE_SERIES_CLOSED", "The series is closed. Open a new one.");
  };

  return {
    capabilities: { durable: true },
    async write(points) {
      assertOpen();
      checkSeriesPoints(points);
      await writer.write(points.map(toLine));
    },
    async query(query) {
      assertOpen();
      checkSeriesQuery(query);
      const statement = toInfluxQl(query);
      return statement === null ? [] : toRows(await connection.query(statement), query.by);
    },
    async drop(before) {
      assertOpen();
      const last = Math.min(LATEST_MS, Math.ceil(before) - 1);
      if (last >= EARLIEST_MS) await connection.remove(last);
    },
    async close() {
      closed = true;
      await writer.close();
    },
  };
}
