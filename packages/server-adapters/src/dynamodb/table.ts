import type { CreateTableCommandInput, UpdateTimeToLiveCommandInput } from "@aws-sdk/client-dynamodb";
import { ATTRIBUTE } from "./item.js";

export interface DynamoTableOptions {
  name: string;
  /** Refuse to let the table be deleted (default true). */
  deletionProtection?: boolean;
}

export interface DynamoTable {
  /** For `CreateTableCommand`. */
  create: CreateTableCommandInput;
  /** For `UpdateTimeToLiveCommand`, once the table is there. */
  timeToLive: UpdateTimeToLiveCommandInput;
}

/**
 * The table that `dynamoStore` works on: two binary keys, paid per request. Point-in-time recovery is a third call
 * (`UpdateContinuousBackups`); docs/dynamodb.md has the whole as CloudFormation and Terraform.
 */
export function dynamoTable({ name, deletionProtection = true }: DynamoTableOptions): DynamoTable {
  const { partition, sort, ttl } = ATTRIBUTE;
  return {
    create: {
      TableName: name,
      BillingMode: "PAY_PER_REQUEST",
      AttributeDefinitions: [
        { AttributeName: partition, AttributeType: "B" },
        { AttributeName: sort, AttributeType: "B" },
      ],
      KeySchema: [
        { AttributeName: partition, KeyType: "HASH" },
        { AttributeName: sort, KeyType: "RANGE" },
      ],
      DeletionProtectionEnabled: deletionProtection,
    },
    timeToLive: {
      TableName: name,
      TimeToLiveSpecification: { AttributeName: ttl, Enabled: true },
    },
  };
}
