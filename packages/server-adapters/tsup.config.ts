import { library } from "../../tsup.base.ts";

export default library(
  {
    "lmdb/index": "src/lmdb/index.ts",
    "redis/index": "src/redis/index.ts",
    "node/index": "src/node/index.ts",
    "express/index": "src/express/index.ts",
  },
  { platform: "node" },
);
