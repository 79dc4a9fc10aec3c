import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { build, install } from "./lib/prepare.mjs";
import { buildStorefront, startDemo } from "./lib/demo.mjs";
import { bold, dim, red } from "./lib/run.mjs";

const { values } = parseArgs({
  options: {
    port: { type: "string", default: "3000" },
    "server-port": { type: "string", default: "4600" },
    quiet: { type: "boolean", default: false },
  },
});

await install();
await build();
await buildStorefront();

let demo;
try {
  demo = await startDemo({
    port: Number(values.port),
    serverPort: Number(values["server-port"]),
    simulate: !values.quiet,
  });
} catch (error) {
  console.error(
    red(
      `The demo did not start. If a port is taken, choose others: npm start -- --port 3001 --server-port 4601\n${error.message}`,
    ),
  );
  process.exit(1);
}

console.log(`
  ${bold("Halden Goods")}, personalised live to whoever browses it   ${bold(demo.url)}
  ${bold("Dashboard")} (signs you in, once)                           ${bold(demo.attune.dashboard)}

  ${dim(values.quiet ? "Only your own visits are shown." : "The dashboard also shows a simulated population, marked as simulated; npm start -- --quiet leaves it out.")}
  ${dim(process.stdin.isTTY ? "d and Enter prints a new dashboard link. Stop with Ctrl+C." : "Stop with Ctrl+C.")}
`);

if (process.stdin.isTTY) {
  createInterface({ input: process.stdin, terminal: false }).on("line", (line) => {
    if (line.trim() !== "d") return;
    demo.dashboardLink().then(
      (link) => console.log(`  ${bold("Dashboard")}   ${bold(link)}`),
      () => console.log(red("  The server did not give a link.")),
    );
  });
}

for (const child of demo.children) child.once("exit", () => stop(1));
let stopping = false;
async function stop(code) {
  if (stopping) return;
  stopping = true;
  await demo.stop();
  process.exit(code);
}
process.once("SIGINT", () => void stop(0));
process.once("SIGTERM", () => void stop(0));
