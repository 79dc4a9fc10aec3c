import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { run } from "./run.mjs";

/**
 * A program that tests need and npm does not have.
 *
 * @typedef {object} Program
 * @property {string} name What people call it.
 * @property {readonly string[]} commands Its possible names on PATH.
 * @property {readonly string[]} [places] Where else it may be.
 * @property {readonly string[]} packages Debian's packages of it.
 * @property {string} variable The environment variable that says where it is, and that tests read.
 */

/** @type {Record<"chromium" | "redis" | "kcat" | "postgres" | "influxdb", Program>} */
export const PROGRAMS = {
  chromium: {
    name: "Chromium",
    commands: ["chromium", "chromium-browser", "google-chrome"],
    places: ["/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"],
    packages: ["chromium", "fonts-liberation"],
    variable: "CHROMIUM",
  },
  redis: { name: "Redis", commands: ["redis-server"], packages: ["redis-server"], variable: "REDIS_SERVER" },
  kcat: { name: "kcat", commands: ["kcat", "kafkacat"], packages: ["kcat"], variable: "KCAT" },
  postgres: {
    name: "PostgreSQL",
    commands: ["postgres"],
    places: ["18", "17", "16", "15", "14", "13"].map(
      (version) => `/usr/lib/postgresql/${version}/bin/postgres`,
    ),
    packages: ["postgresql"],
    variable: "POSTGRES",
  },
  influxdb: { name: "InfluxDB", commands: ["influxd"], packages: ["influxdb"], variable: "INFLUXD" },
};

/** What the proof in other browsers needs: `npm test` uses them where they are, and installs none. */
export const BROWSERS = {
  firefox: {
    name: "Firefox",
    commands: ["firefox-esr", "firefox"],
    packages: ["firefox-esr"],
    variable: "FIREFOX",
  },
  webkit: {
    name: "WebKitGTK's driver",
    commands: ["WebKitWebDriver"],
    packages: ["webkit2gtk-driver"],
    variable: "WEBKIT_DRIVER",
  },
  xvfb: { name: "Xvfb", commands: ["Xvfb"], packages: ["xvfb"], variable: "XVFB" },
};

/** Where a program is; null where it is not. */
export function find({ commands, places = [], variable }) {
  const folders = (process.env.PATH ?? "").split(delimiter).concat("/usr/bin", "/usr/sbin");
  const onPath = commands.flatMap((command) => folders.map((folder) => join(folder, command)));
  return [process.env[variable], ...onPath, ...places].find((path) => path && existsSync(path)) ?? null;
}

async function aptPrefix() {
  if (process.getuid?.() === 0) return [];
  const { code } = await run("sudo", ["-n", "true"], { quiet: true }).catch(() => ({ code: 1 }));
  return code === 0 ? ["sudo", "-n"] : null;
}

let updated = false;

/**
 * Path of a program, installed through apt where there is none and that may be done; null with the reason otherwise.
 *
 * @param {Program} program
 */
export async function ensure(program) {
  const { name, packages } = program;
  const here = find(program);
  if (here) return { path: here };
  const none = (reason) => ({ path: null, reason: `no ${name} found, and ${reason}` });
  if (!existsSync("/usr/bin/apt-get"))
    return none(`this system has no apt-get; set ${program.variable} to the path of one`);
  const prefix = await aptPrefix();
  if (prefix === null)
    return none(
      `it may not be installed without a password; run: sudo apt-get install ${packages.join(" ")}`,
    );
  console.log(`Installing ${name} through apt …`);
  const apt = (args) => {
    const [command, ...rest] = [...prefix, "apt-get", ...args];
    // A server that Debian starts by itself would hold the port and outlive the tests.
    return run(command, rest, { quiet: true, env: { DEBIAN_FRONTEND: "noninteractive", RUNLEVEL: "1" } });
  };
  if (!updated) await apt(["update", "-qq"]);
  updated = true;
  const { code, output } = await apt(["install", "-y", "-qq", "--no-install-recommends", ...packages]);
  const installed = find(program);
  return installed
    ? { path: installed }
    : none(`apt-get could not install it (exit ${code}): ${output.trim().split("\n").at(-1)}`);
}

/**
 * Every program, and the environment by which tests learn where each is, or why it is not: `REDIS_SERVER` or `ATTUNE_NO_REDIS`.
 *
 * @returns {Promise<{ env: Record<string, string>, missing: string[] }>}
 */
export async function ensureAll() {
  const env = {};
  const missing = [];
  for (const [key, program] of Object.entries(PROGRAMS)) {
    const { path, reason } = await ensure(program);
    if (path) env[program.variable] = path;
    else {
      env[`ATTUNE_NO_${key.toUpperCase()}`] = reason;
      missing.push(`${program.name}: suites left out (${reason})`);
    }
  }
  return { env, missing };
}
