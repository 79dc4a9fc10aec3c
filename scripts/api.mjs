import { build, install } from "./lib/prepare.mjs";

await install();
await build();
// Needs the compiler, which the first line installs.
const { writeApi } = await import("./lib/api-report.mjs");
console.log(`${writeApi()} reports written to api/.`);
