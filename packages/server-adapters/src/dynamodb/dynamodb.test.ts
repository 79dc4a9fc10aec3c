import { storeConformance, storeHistories } from "@attune/core/testing";
import fc from "fast-check";
import { afterAll, beforeAll, describe, it } from "vitest";
import { type DynamoForTests, startDynamo } from "../../test/dynamodb.js";
import { dynamoStore } from "./index.js";

/** More of them in the long proof. */
const HISTORIES = Number(process.env.ATTUNE_HISTORIES ?? 15);

let dynamo: DynamoForTests;
let table = "";
beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());

storeConformance(
  { describe, it },
  {
    name: "DynamoDB (dynalite)",
    make: async ({ clock }) => {
      table = await dynamo.table();
      return dynamoStore({ client: dynamo.direct(), table, clock });
    },
    reopen: async ({ clock }) => dynamoStore({ client: dynamo.direct(), table, clock }),
    capabilities: { atomic: false, durable: true },
  },
);

storeHistories({ describe, it }, fc, {
  name: "DynamoDB (dynalite)",
  make: async ({ clock }) => {
    table = await dynamo.table();
    return dynamoStore({ client: dynamo.direct(), table, clock });
  },
  reopen: async ({ clock }) => dynamoStore({ client: dynamo.direct(), table, clock }),
  capabilities: { atomic: false, durable: true },
  runs: HISTORIES,
});
