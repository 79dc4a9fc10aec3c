import { library } from "../../tsup.base.ts";

export default library(
  {
    index: "src/index.ts",
    "embedded/index": "src/embedded/index.ts",
    "client/index": "src/client/index.ts",
    "cli/index": "src/cli/index.ts",
  },
  { platform: "node" },
);
