import { CreateTableCommand, DescribeTableCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import dynalite from "dynalite";
import { once } from "node:events";
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { dynamoTable } from "../src/dynamodb/index.js";

/**
 * What may befall a request. `throttle` and `error` answer without applying it, `error-after`, `reset-after` and
 * `hang-after` (no answer ever) once it has been applied;
 * `part` leaves half of a batch undone, and all of a batch of one; `none` only gives time for what happens meanwhile.
 */
export interface Fault {
  /** As in the protocol, e.g. `UpdateItem`. */
  operation: string;
  kind: "throttle" | "error" | "error-after" | "reset-after" | "hang-after" | "part" | "none";
  /** How many requests it befalls (default 1). */
  times?: number;
  /** Happens after the request was applied (or not) and before the answer. */
  meanwhile?(): Promise<unknown>;
}

export interface Seen {
  operation: string;
  body: string;
}

export interface DynamoForTests {
  /** Of the server itself. */
  readonly port: number;
  /** Through the proxy, where faults strike. */
  client(options?: { maxAttempts?: number; timeoutMs?: number }): DynamoDBClient;
  /** Straight to the server. */
  direct(): DynamoDBClient;
  /** A fresh table. */
  table(): Promise<string>;
  fail(...faults: readonly Fault[]): void;
  /** Requests that came through the proxy since the last call, in order. */
  seen(): Seen[];
  stop(): Promise<void>;
}

/** DynamoDB's protocol served by dynalite in this process, and a proxy before it that can fail as a network and a busy service do. */
export async function startDynamo(): Promise<DynamoForTests> {
  const server = dynalite({ createTableMs: 0, deleteTableMs: 0 });
  const port = await listen(server);
  const faults: (Fault & { times: number })[] = [];
  let requests: Seen[] = [];
  const proxy = createServer((incoming, outgoing) => {
    const operation = String(incoming.headers["x-amz-target"]).split(".").at(-1) ?? "";
    const at = faults.findIndex((fault) => fault.operation === operation);
    const fault = faults[at];
    if (fault && --fault.times === 0) faults.splice(at, 1);
    const see = (body: string): void => void requests.push({ operation, body });
    void pass({ incoming, outgoing, port, fault, see }).catch(() => outgoing.destroy());
  });
  const proxyPort = await listen(proxy);
  const clients: DynamoDBClient[] = [];
  const connect = (to: number, maxAttempts: number, timeoutMs?: number): DynamoDBClient => {
    const client = new DynamoDBClient({
      endpoint: `http://127.0.0.1:${to}`,
      region: "eu-test-1",
      credentials: { accessKeyId: "test", secretAccessKey: "test" },
      maxAttempts,
      ...(timeoutMs !== undefined && {
        requestHandler: { requestTimeout: timeoutMs, throwOnRequestTimeout: true },
      }),
    });
    clients.push(client);
    return client;
  };
  const direct = connect(port, 3);
  let tables = 0;
  return {
    port,
    client: ({ maxAttempts = 1, timeoutMs } = {}) => connect(proxyPort, maxAttempts, timeoutMs),
    direct: () => direct,
    async table() {
      const name = `attune-${++tables}`;
      await direct.send(new CreateTableCommand(dynamoTable({ name }).create));
      // Made is not yet there, as with the real one.
      const status = async (): Promise<string | undefined> =>
        (await direct.send(new DescribeTableCommand({ TableName: name }))).Table?.TableStatus;
      while ((await status()) !== "ACTIVE") await new Promise((resolve) => setTimeout(resolve, 2));
      return name;
    },
    fail: (...more) => void faults.push(...more.map((fault) => ({ times: 1, ...fault }))),
    seen() {
      const before = requests;
      requests = [];
      return before;
    },
    async stop() {
      for (const client of clients) client.destroy();
      await Promise.all([close(proxy), close(server)]);
    },
  };
}

interface Passage {
  incoming: IncomingMessage;
  outgoing: ServerResponse;
  port: number;
  fault: Fault | undefined;
  see(body: string): void;
}

async function pass({ incoming, outgoing, port, fault, see }: Passage): Promise<void> {
  const body = await buffer(incoming);
  see(body.toString());
  const kind = fault?.kind;
  if (kind === "throttle" || kind === "error") {
    await fault?.meanwhile?.();
    if (kind === "throttle") return refuse(outgoing, 400, "ProvisionedThroughputExceededException");
    return refuse(outgoing, 500, "InternalServerError");
  }
  const { sent, left } = kind === "part" ? halve(body) : { sent: body, left: null };
  const { answer, status } =
    sent === null ? { answer: Buffer.from("{}"), status: 200 } : await forward(incoming, sent, port);
  await fault?.meanwhile?.();
  if (kind === "reset-after") return void incoming.socket.resetAndDestroy();
  // The client's own timeout ends it.
  if (kind === "hang-after") return;
  if (kind === "error-after") return refuse(outgoing, 500, "InternalServerError");
  const whole =
    left === null ? answer : Buffer.from(JSON.stringify({ ...JSON.parse(answer.toString()), ...left }));
  outgoing.writeHead(status, { "content-type": "application/x-amz-json-1.0" }).end(whole);
}

function refuse(outgoing: ServerResponse, status: number, type: string): void {
  const body = { __type: `com.amazonaws.dynamodb.v20120810#${type}`, message: type };
  outgoing.writeHead(status, { "content-type": "application/x-amz-json-1.0" }).end(JSON.stringify(body));
}

async function forward(
  { method, url, headers }: IncomingMessage,
  body: Buffer,
  port: number,
): Promise<{ answer: Buffer; status: number }> {
  const call = request({
    host: "127.0.0.1",
    port,
    method,
    path: url,
    headers: { ...headers, "content-length": body.length },
  });
  call.end(body);
  const [response] = (await once(call, "response")) as [IncomingMessage];
  return { answer: await buffer(response), status: response.statusCode ?? 500 };
}

interface Batch {
  RequestItems: Record<string, unknown[] | { Keys: unknown[] }>;
}

/** A batch cut in two: what is sent on, and how the protocol says that the rest was not done. */
function halve(body: Buffer): { sent: Buffer | null; left: object } {
  const batch = JSON.parse(body.toString()) as Batch;
  const [table = "", part = []] = Object.entries(batch.RequestItems)[0] ?? [];
  const all = Array.isArray(part) ? part : part.Keys;
  const half = Math.floor(all.length / 2);
  const shaped = (items: unknown[]): object => ({
    [table]: Array.isArray(part) ? items : { ...part, Keys: items },
  });
  const rest = all.length > half ? shaped(all.slice(half)) : {};
  return {
    sent:
      half === 0 ? null : Buffer.from(JSON.stringify({ ...batch, RequestItems: shaped(all.slice(0, half)) })),
    left: Array.isArray(part) ? { UnprocessedItems: rest } : { UnprocessedKeys: rest },
  };
}

async function listen(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

async function close(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}
