import { library } from "../../tsup.base.ts";

export default library(
  {
    "keys/index": "src/keys/index.ts",
    "lmdb/index": "src/lmdb/index.ts",
    "lmdb/file/index": "src/lmdb/file/index.ts",
    "redis/index": "src/redis/index.ts",
    "dynamodb/index": "src/dynamodb/index.ts",
    "kafka/index": "src/kafka/index.ts",
    "influxdb/index": "src/influxdb/index.ts",
    "postgres/index": "src/postgres/index.ts",
    "tiered/index": "src/tiered/index.ts",
    "node/index": "src/node/index.ts",
    "express/index": "src/express/index.ts",
    "fastify/index": "src/fastify/index.ts",
    "hono/index": "src/hono/index.ts",
    "next/index": "src/next/index.ts",
  },
  { platform: "node" },
);
