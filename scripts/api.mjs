import { writeApi } from "./lib/api-report.mjs";
import { build, install } from "./lib/prepare.mjs";

await install();
await build();
console.log(`${writeApi()} reports written to api/.`);
