import { library } from "../../tsup.base.ts";

export default library(
  {
    "influxdb/index": "src/influxdb/index.ts",
    "kafka/index": "src/kafka/index.ts",
    "lmdb/index": "src/lmdb/index.ts",
    "node/index": "src/node/index.ts",
    "express/index": "src/express/index.ts",
  },
  { platform: "node" },
);
