import { spawn } from "node:child_process";
import { existsSync, readFileSync, statSync, readdirSync, mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { createHash } from "node:crypto";
import { createRequire } from "node:module";
import { join } from "node:path";
import { dim, must, root } from "./run.mjs";

const storefront = join(root, "examples", "next-storefront");
const nextBin = () => createRequire(join(storefront, "package.json")).resolve("next/dist/bin/next");
const SKIPPED = new Set(["node_modules", ".next", "next-env.d.ts"]);

function fingerprint(folder, hash) {
  for (const name of readdirSync(folder).sort()) {
    if (SKIPPED.has(name)) continue;
    const path = join(folder, name);
    if (statSync(path).isDirectory()) fingerprint(path, hash);
    else hash.update(path).update(readFileSync(path));
  }
}

/** Builds the storefront; does nothing where neither it nor a package changed since the last time. */
export async function buildStorefront() {
  const hash = createHash("sha256");
  fingerprint(storefront, hash);
  const packages = join(root, "node_modules", ".cache", "attune-build");
  if (existsSync(packages)) hash.update(readFileSync(packages));
  const digest = hash.digest("hex");
  const stamp = join(root, "node_modules", ".cache", "storefront-build");
  if (
    existsSync(join(storefront, ".next", "BUILD_ID")) &&
    existsSync(stamp) &&
    readFileSync(stamp, "utf8") === digest
  )
    return;
  console.log(dim("Building the storefront …"));
  await must("next build", process.execPath, [nextBin(), "build"], {
    cwd: storefront,
    quiet: true,
    env: { NEXT_TELEMETRY_DISABLED: "1", NODE_ENV: "production" },
  });
  mkdirSync(join(root, "node_modules", ".cache"), { recursive: true });
  writeFileSync(stamp, digest);
}

export const freePort = () =>
  new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });

/** Spawned directly, never through npx or a shell: killing the child kills the server. */
function launch(args, { cwd, env, ready }) {
  const child = spawn(process.execPath, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  return new Promise((resolve, reject) => {
    const read = (chunk) => {
      output += chunk;
      const found = ready(output);
      if (found !== undefined) resolve({ child, found });
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    child.once("error", reject);
    child.once("exit", (code) =>
      reject(new Error(`${args[0]} ended with ${code} before it was ready:\n${output}`)),
    );
  });
}

const jsonLine = (output) => {
  for (const line of output.split("\n")) {
    if (!line.startsWith("{") || !line.endsWith("}")) continue;
    try {
      return JSON.parse(line);
    } catch {}
  }
  return undefined;
};

/** The storefront's own products and paths, so that simulated visitors shop where real ones do. */
async function shopOf(file) {
  const source = readFileSync(join(storefront, "shop", "catalogue.ts"), "utf8");
  const { transform } = await import("esbuild");
  const { code } = await transform(source, { loader: "ts", format: "esm" });
  const { PRODUCTS } = await import(`data:text/javascript,${encodeURIComponent(code)}`);
  const products = PRODUCTS.map(({ slug, category, brand, price, was }) => ({
    id: slug,
    category,
    brand,
    price,
    was,
  }));
  const shop = { paths: { cart: "/bag", checkout: "/bag" }, products };
  writeFileSync(file, JSON.stringify(shop, null, 2));
  return file;
}

/** What the ruleset assigns and measures, as people define it: so that the dashboard can stop and ship it. */
const EXPERIMENT = {
  id: "buy-button-2026",
  name: "Does the promise of free returns fill more bags?",
  hypothesis: "Who reads that it can go back puts more into the bag.",
  slot: "buy-button",
  policy: { type: "split", weights: { plain: 0.5, returns: 0.5 } },
  measures: { primary: "added", secondary: ["ordered", "revenue"], guardrails: ["removed"] },
};

/** Defines the shop's experiment and starts it, for those who want something to look at; does nothing where it was done before. */
async function defineExperiment({ url, secretKey }) {
  const call = async (method, path, body) => {
    const answer = await fetch(`${url}/api/v1/experiments${path}`, {
      method,
      headers: { authorization: `Bearer ${secretKey}`, "content-type": "application/json" },
      ...(body && { body: JSON.stringify(body) }),
    });
    if (answer.ok || answer.status === 404) return answer.status;
    throw new Error(`The experiment of the shop was refused: ${await answer.text()}`);
  };
  const path = `/${EXPERIMENT.id}`;
  if ((await call("GET", path)) !== 404) return;
  await call("POST", "", EXPERIMENT);
  await call("POST", `${path}/start`);
}

/** What the shop's segment of likely buyers goes by: who orders within half an hour, told at the sixth event of a visit. Trained anew each hour from what visitors did, simulated ones too. */
export const MODEL = "buys-soon";
const CONFIG = {
  models: {
    train: [
      {
        name: MODEL,
        predict: { event: "Order Completed", withinDays: 1 / 48 },
        atEvent: 6,
        everyHours: 1,
        share: 0.3,
        metric: "ordered",
      },
    ],
  },
};

/** Simulated visitors of the week before, so that there is something to learn from: some thousand visits. */
const PAST = 900;

function configOf(file) {
  writeFileSync(file, JSON.stringify(CONFIG, null, 2));
  return file;
}

/** Puts a version of the model with a fault on trial, and tells how it is taken back. */
export const plantBadVersion = (dir) =>
  new Promise((resolve, reject) => {
    const child = spawn(
      process.execPath,
      [join(root, "packages", "server", "bin", "attune.js"), "simulate", "--bad-canary", MODEL, "--dir", dir],
      { cwd: root, stdio: ["ignore", "pipe", "pipe"] },
    );
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += chunk));
    child.once("error", reject);
    child.once("exit", () => resolve(output.trim()));
  });

/** Starts the Attune server and the storefront, both for this machine only. `stop()` ends both. */
export async function startDemo({
  port = 3000,
  serverPort = 4600,
  simulate = false,
  // What simulated visitors did stays out of the figures of a demo without them.
  dir = join(root, ".attune", simulate ? "demo" : "demo-quiet"),
} = {}) {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const server = await launch(
    [
      join(root, "packages", "server", "bin", "attune.js"),
      "dev",
      "--json",
      "--port",
      String(serverPort),
      "--dir",
      dir,
      "--ruleset",
      join(storefront, "attune", "ruleset.json"),
      "--shop",
      await shopOf(join(dir, "shop.json")),
      ...(simulate
        ? ["--simulate", "--past", String(PAST), "--config", configOf(join(dir, "config.json"))]
        : []),
    ],
    { cwd: root, env: {}, ready: jsonLine },
  );
  const attune = server.found;
  let shop;
  try {
    if (simulate) await defineExperiment(attune);
    // By its name: Next calls 127.0.0.1 `localhost` in middleware, and takes a rewrite to that for one to another host.
    shop = await launch([nextBin(), "start", "--port", String(port), "--hostname", "localhost"], {
      cwd: storefront,
      env: {
        NEXT_TELEMETRY_DISABLED: "1",
        NODE_ENV: "production",
        ATTUNE_URL: `http://127.0.0.1:${serverPort}`,
        ATTUNE_WRITE_KEY: attune.writeKey,
      },
      ready: (output) => (/Ready in/.test(output) ? true : undefined),
    });
  } catch (error) {
    server.child.kill("SIGKILL");
    throw error;
  }
  const children = [shop.child, server.child];
  return {
    url: `http://localhost:${port}`,
    attune,
    children,
    plantBadVersion: () => plantBadVersion(dir),
    /** A new link that signs one person in to the dashboard. */
    async dashboardLink() {
      const answer = await fetch(`${attune.url}/api/v1/dashboard/sign-in`, {
        method: "POST",
        headers: { authorization: `Bearer ${attune.secretKey}`, "content-type": "application/json" },
        body: JSON.stringify({ role: "admin" }),
      });
      return (await answer.json()).url;
    },
    async stop() {
      await Promise.all(
        children.map(
          (child) =>
            new Promise((resolve) => {
              if (child.exitCode !== null || child.signalCode !== null) return resolve();
              const hard = setTimeout(() => child.kill("SIGKILL"), 5000);
              child.once("exit", () => {
                clearTimeout(hard);
                resolve();
              });
              child.kill("SIGTERM");
            }),
        ),
      );
    },
  };
}
