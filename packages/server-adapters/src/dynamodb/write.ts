import type { PutResult } from "@attune/core/ports";
import {
  DeleteItemCommand,
  type DeleteItemCommandOutput,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import type { Connection, Trace } from "./connection.js";
import { kindOf, unknownOutcome } from "./failure.js";
import {
  ATTRIBUTE,
  ageOfWrite,
  type Draft,
  type Item,
  isExpired,
  namesIn,
  number,
  toKey,
  versionOf,
  written,
} from "./item.js";
import type { ItemKey } from "./keys.js";

/** One write on its way: all its tries carry the same id. */
export interface Write {
  id: string;
  draft: Draft;
  ifVersion: number | undefined;
  now(): number;
}

/** Over nothing, or over what has expired. What stood there is gone whole, its list of writes too: versions begin again. */
const CREATE = "attribute_not_exists(#v) OR #e <= :now";
const LIVING = "(attribute_not_exists(#e) OR #e > :now)";
/** An unconditional write that was applied and lost its answer must not be applied again. */
const NOT_YET = `NOT (${ATTRIBUTE.writes.map((name) => `#${name} = :w`).join(" OR ")})`;
/** Every write hands the list of the last ones on by a place; right-hand sides are the values before the update. */
const SHIFT = ATTRIBUTE.writes
  .slice(1)
  .map((name, i) => `#${name} = if_not_exists(#${ATTRIBUTE.writes[i]}, :none)`)
  .reverse();

/**
 * Writes a record once, however often its tries have to be sent. A failed condition is settled by reading the item back: it names the last
 * four writes, so that a write which was applied and whose answer was lost is recognised even where others have written since.
 *
 * @throws AttuneError `ATTUNE_DYNAMO_UNKNOWN` where an answer was lost and the record was removed, or written four times and more, before
 *   the next try: neither "written" nor "not written" would be the truth.
 */
export async function put(connection: Connection, write: Write): Promise<PutResult> {
  const trace: Trace = { uncertain: false };
  // Where it turns out that the record has expired, an unconditional write becomes a creation.
  let creates = write.ifVersion === 0;
  for (;;) {
    const outcome = await attempt(connection, write, creates, trace);
    if (outcome.version !== null) return { written: true, version: outcome.version };
    const item = outcome.item ?? (await readItem(connection, write.draft.key));
    const age = item === null ? -1 : ageOfWrite(item, write.id);
    if (item !== null && age >= 0) return { written: true, version: versionOf(item) - age };
    const gone = item === null || isExpired(item, write.now());
    if (write.ifVersion === undefined) {
      creates = item !== null && gone;
      continue;
    }
    if (trace.uncertain && !tells(item, write.ifVersion)) throw unknownOutcome();
    return { written: false, version: gone ? 0 : versionOf(item) };
  }
}

/** Whether an item that does not name a write proves that this write over the version was never applied. */
function tells(item: Item | null, ifVersion: number): item is Item {
  if (item === null) return false;
  const later = versionOf(item) - (ifVersion + 1);
  return later >= -1 && later < ATTRIBUTE.writes.length;
}

/** `version` is null where the condition failed; `item` is then what stood there, if DynamoDB said so. */
interface Outcome {
  version: number | null;
  item: Item | null;
}

async function attempt(
  connection: Connection,
  write: Write,
  creates: boolean,
  trace: Trace,
): Promise<Outcome> {
  try {
    const version = await (creates ? create : update)(connection, write, trace);
    return { version, item: null };
  } catch (error) {
    if (kindOf(error) !== "condition") throw error;
    return { version: null, item: (error as { Item?: Item }).Item ?? null };
  }
}

async function create(connection: Connection, { draft, id, now }: Write, trace: Trace): Promise<number> {
  const values = Object.entries(written(draft, id)).filter(([, value]) => value !== null) as [
    string,
    Item[string],
  ][];
  await connection.call((client) => {
    const command = new PutItemCommand({
      TableName: connection.table,
      Item: { ...toKey(draft.key), ...Object.fromEntries(values), [ATTRIBUTE.version]: number(1) },
      ConditionExpression: CREATE,
      ExpressionAttributeNames: namesIn(CREATE),
      ExpressionAttributeValues: { ":now": number(now()) },
      ReturnValuesOnConditionCheckFailure: "ALL_OLD",
    });
    return client.send(command);
  }, trace);
  return 1;
}

/** Over a living record, or (unconditional) over nothing. */
async function update(connection: Connection, write: Write, trace: Trace): Promise<number> {
  const { draft, id, ifVersion } = write;
  const condition = ifVersion === undefined ? `${LIVING} AND ${NOT_YET}` : `#v = :version AND ${LIVING}`;
  const next = ifVersion === undefined ? "#v = if_not_exists(#v, :zero) + :one" : "#v = :next";
  const fields = Object.entries(written(draft, id));
  const set = fields.flatMap(([name, value]) => (value === null ? [] : [`#${name} = :${name}`]));
  const remove = fields.flatMap(([name, value]) => (value === null ? [`#${name}`] : []));
  const expression = `SET ${[next, ...SHIFT, ...set].join(", ")}${remove.length > 0 ? ` REMOVE ${remove.join(", ")}` : ""}`;
  const values = fields.flatMap(([name, value]) => (value === null ? [] : [[`:${name}`, value] as const]));
  const own: Item =
    ifVersion === undefined
      ? { ":zero": number(0), ":one": number(1) }
      : { ":version": number(ifVersion), ":next": number(ifVersion + 1) };
  const output = await connection.call((client) => {
    const command = new UpdateItemCommand({
      TableName: connection.table,
      Key: toKey(draft.key),
      UpdateExpression: expression,
      ConditionExpression: condition,
      ExpressionAttributeNames: namesIn(expression, condition),
      ExpressionAttributeValues: {
        ...Object.fromEntries(values),
        ...own,
        ":none": { S: "-" },
        ":now": number(write.now()),
      },
      ReturnValues: ifVersion === undefined ? "UPDATED_NEW" : "NONE",
      ReturnValuesOnConditionCheckFailure: "ALL_OLD",
    });
    return client.send(command);
  }, trace);
  return ifVersion === undefined ? versionOf(output.Attributes ?? {}) : ifVersion + 1;
}

export async function readItem(connection: Connection, key: ItemKey): Promise<Item | null> {
  const command = new GetItemCommand({ TableName: connection.table, Key: toKey(key), ConsistentRead: true });
  return (await connection.call((client) => client.send(command))).Item ?? null;
}

/**
 * Removes an item; whether a living record was there. Where an answer was lost and the next try finds nothing, that is taken for this
 * call's own doing.
 */
export async function remove(connection: Connection, key: ItemKey, now: () => number): Promise<boolean> {
  const trace: Trace = { uncertain: false };
  const command = new DeleteItemCommand({
    TableName: connection.table,
    Key: toKey(key),
    ReturnValues: "ALL_OLD",
  });
  const { Attributes } = await connection.call<DeleteItemCommandOutput>(
    (client) => client.send(command),
    trace,
  );
  return Attributes === undefined ? trace.uncertain : !isExpired(Attributes, now());
}

/** Removes an item only if it has expired, since it may have been written anew since it was seen; whether it was removed. */
export async function removeExpired(connection: Connection, key: ItemKey, now: number): Promise<boolean> {
  const condition = "#e <= :now";
  const command = new DeleteItemCommand({
    TableName: connection.table,
    Key: toKey(key),
    ConditionExpression: condition,
    ExpressionAttributeNames: namesIn(condition),
    ExpressionAttributeValues: { ":now": number(now) },
  });
  try {
    await connection.call((client) => client.send(command));
    return true;
  } catch (error) {
    if (kindOf(error) !== "condition") throw error;
    return false;
  }
}
