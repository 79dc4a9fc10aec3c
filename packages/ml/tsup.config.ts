import { library } from "../../tsup.base.ts";

export default library({
  index: "src/index.ts",
  "monitoring/index": "src/monitoring/index.ts",
  "onnx/index": "src/onnx/index.ts",
  "registry/index": "src/registry/index.ts",
  "table/index": "src/table/index.ts",
  "training/index": "src/training/index.ts",
});
