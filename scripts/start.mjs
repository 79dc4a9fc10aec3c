import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { build, install, inSteps, isPrepared } from "./lib/prepare.mjs";
import { buildStorefront, MODEL, startDemo } from "./lib/demo.mjs";
import { bold, dim, red } from "./lib/run.mjs";

const USAGE = `npm start -- [--port 3000] [--server-port 4600] [--quiet]
  --port, --server-port   of the shop, and of the Attune server behind it
  --quiet                 without the simulated population`;

/** What was asked for; ends here where that is help, or nothing that can be. */
function asked() {
  const options = {
    port: { type: "string", default: "3000" },
    "server-port": { type: "string", default: "4600" },
    quiet: { type: "boolean", default: false },
    help: { type: "boolean", short: "h", default: false },
  };
  try {
    const { values } = parseArgs({ options });
    if (!values.help) return values;
    console.log(USAGE);
    process.exit(0);
  } catch (error) {
    console.error(`${red(error.message)}\n${USAGE}`);
    process.exit(2);
  }
}

const values = asked();

const started = Date.now();
const since = () => `${Math.round((Date.now() - started) / 1000)} s`;
if (!isPrepared()) {
  console.log(`The first start installs what the lockfile names (about 600 packages from npm, 800 MB on disk), builds the packages and the
shop, and takes one to three minutes. Later starts take seconds.`);
}
await inSteps("1/3 Installing", install);
await inSteps("2/3 Building the packages", build);
await inSteps("3/3 Building the shop", buildStorefront);
console.log(dim(`Ready to start after ${since()}.`));

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

const KEYS = values.quiet
  ? "d and Enter prints a new dashboard link. Stop with Ctrl+C."
  : `d and Enter prints a new dashboard link; b and Enter tries a bad version of the model ${MODEL}, which is taken back while you watch
  (Models, in the dashboard; the model is there a minute after the first start). Stop with Ctrl+C.`;
console.log(`
  ${bold("Halden Goods")}, personalised live to whoever browses it   ${bold(demo.url)}
  ${bold("Dashboard")} (signs you in, once)                           ${bold(demo.attune.dashboard)}

  ${dim(values.quiet ? "Only your own visits are shown." : "The dashboard also shows a simulated population, marked as simulated; npm start -- --quiet leaves it out.")}
  ${dim(process.stdin.isTTY ? KEYS : "Stop with Ctrl+C.")}
`);

if (process.stdin.isTTY) {
  createInterface({ input: process.stdin, terminal: false }).on("line", (line) => {
    if (line.trim() === "b" && !values.quiet) return void tryBadVersion();
    if (line.trim() !== "d") return;
    demo.dashboardLink().then(
      (link) => console.log(`  ${bold("Dashboard")}   ${bold(link)}`),
      () => console.log(red("  The server did not give a link.")),
    );
  });
}

async function tryBadVersion() {
  console.log(dim("  A version with a fault goes on trial …"));
  const told = await demo.plantBadVersion().catch(({ message }) => message);
  console.log(`  ${told.replaceAll("\n", "\n  ")}`);
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
