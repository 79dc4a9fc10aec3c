import { library } from "../../tsup.base.ts";

export default library({
  index: "src/index.ts",
  "model/index": "src/model/index.ts",
  "monitoring/index": "src/monitoring/index.ts",
  "onnx/index": "src/onnx/index.ts",
  "registry/index": "src/registry/index.ts",
  "table/index": "src/table/index.ts",
  "page/index": "src/page/index.ts",
  "tfjs/index": "src/tfjs/index.ts",
  "training/index": "src/training/index.ts",
});
