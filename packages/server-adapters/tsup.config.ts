import { library } from "../../tsup.base.ts";

export default library(
  {
    "keys/index": "src/keys/index.ts",
    "lmdb/index": "src/lmdb/index.ts",
    "node/index": "src/node/index.ts",
    "express/index": "src/express/index.ts",
  },
  { platform: "node" },
);
