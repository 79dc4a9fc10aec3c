import { QueryCommand, ScanCommand } from "@aws-sdk/client-dynamodb";
import { HEAD } from "./batch.js";
import type { Connection } from "./connection.js";
import { type Item, namesIn, number } from "./item.js";
import type { SortBounds } from "./keys.js";

/** Items that one page of a whole-table scan looks at, at most. */
const TABLE_PAGE = 1000;

export interface PartitionQuery {
  partition: Buffer;
  bounds: SortBounds;
  reverse?: boolean;
  /** Items a page, at most; the next page may be asked for more. DynamoDB ends a page at 1 MB in any case. */
  pageSize(): number;
  /** Only what tells which item it is and whether it lives. */
  headsOnly?: boolean;
}

/** Items of a partition in the order of their keys, expired ones included, page by page, each read when it is asked for. */
export async function* partitionPages(connection: Connection, query: PartitionQuery): AsyncGenerator<Item[]> {
  const { partition, bounds, reverse = false, headsOnly = false } = query;
  const condition = "#p = :p AND #s BETWEEN :from AND :to";
  let start: Item | undefined;
  do {
    connection.assertOpen();
    const command = new QueryCommand({
      TableName: connection.table,
      ConsistentRead: true,
      KeyConditionExpression: condition,
      ExpressionAttributeNames: namesIn(condition, headsOnly ? HEAD : ""),
      ExpressionAttributeValues: {
        ":p": { B: partition },
        ":from": { B: bounds.from },
        ":to": { B: bounds.to },
      },
      ...(headsOnly && { ProjectionExpression: HEAD }),
      ScanIndexForward: !reverse,
      Limit: query.pageSize(),
      ExclusiveStartKey: start,
    });
    const output = await connection.call((client) => client.send(command));
    yield output.Items ?? [];
    start = output.LastEvaluatedKey;
  } while (start !== undefined);
}

export interface TableScan {
  segment: number;
  segments: number;
  /** Which items to hand out; what is passed over is read and paid for all the same. */
  filter: { expression: string; now: number };
}

/** Heads of items of one segment of the table that the filter lets through, in no order, page by page. */
export async function* tablePages(connection: Connection, scan: TableScan): AsyncGenerator<Item[]> {
  const { segment, segments, filter } = scan;
  let start: Item | undefined;
  do {
    connection.assertOpen();
    const command = new ScanCommand({
      TableName: connection.table,
      ConsistentRead: true,
      Segment: segment,
      TotalSegments: segments,
      FilterExpression: filter.expression,
      ProjectionExpression: HEAD,
      ExpressionAttributeNames: namesIn(filter.expression, HEAD),
      ExpressionAttributeValues: { ":now": number(filter.now) },
      Limit: TABLE_PAGE,
      ExclusiveStartKey: start,
    });
    const output = await connection.call((client) => client.send(command));
    yield output.Items ?? [];
    start = output.LastEvaluatedKey;
  } while (start !== undefined);
}
