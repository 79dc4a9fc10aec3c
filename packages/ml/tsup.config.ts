import { library } from "../../tsup.base.ts";

export default library({
  index: "src/index.ts",
  "learners/index": "src/learners/index.ts",
  "monitoring/index": "src/monitoring/index.ts",
  "model/index": "src/model/index.ts",
  "training/index": "src/training/index.ts",
});
