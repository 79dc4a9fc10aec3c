import { library } from "../../tsup.base.ts";

export default library({
  index: "src/index.ts",
  "clustering/index": "src/clustering/index.ts",
  "clustering/worker/index": "src/clustering/worker/index.ts",
  "clustering/in-worker/index": "src/clustering/in-worker/index.ts",
  "monitoring/index": "src/monitoring/index.ts",
});
