import { library } from "../../tsup.base.ts";

export default library({
  "clustering/in-worker/index": "src/clustering/in-worker/index.ts",
  "clustering/index": "src/clustering/index.ts",
  "clustering/worker/index": "src/clustering/worker/index.ts",
  "learners/index": "src/learners/index.ts",
  "model/index": "src/model/index.ts",
  "monitoring/index": "src/monitoring/index.ts",
  "onnx/index": "src/onnx/index.ts",
  "page/index": "src/page/index.ts",
  "registry/index": "src/registry/index.ts",
  "table/index": "src/table/index.ts",
  "tfjs/index": "src/tfjs/index.ts",
  "training/index": "src/training/index.ts",
  index: "src/index.ts",
});
