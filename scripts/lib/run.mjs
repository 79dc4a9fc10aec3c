import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../../", import.meta.url));

/** The one package manager version that installs and links this workspace. */
export const PNPM = "pnpm@10.34.9";

const colour = process.stdout.isTTY && !process.env.NO_COLOR;
const paint = (code, text) => (colour ? `\u001b[${code}m${text}\u001b[0m` : text);
export const bold = (text) => paint(1, text);
export const dim = (text) => paint(2, text);
export const red = (text) => paint(31, text);
export const green = (text) => paint(32, text);
export const yellow = (text) => paint(33, text);

/**
 * Runs a program without a shell (paths may hold spaces). Resolves with its exit code; with `capture`, also its output.
 */
export function run(command, args, { cwd = root, env = {}, capture = false, quiet = false } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: capture || quiet ? ["ignore", "pipe", "pipe"] : ["ignore", "inherit", "inherit"],
      shell: process.platform === "win32",
    });
    let output = "";
    child.stdout?.on("data", (chunk) => (output += chunk));
    child.stderr?.on("data", (chunk) => (output += chunk));
    child.on("error", reject);
    child.on("close", (code) => resolve({ code: code ?? 1, output }));
  });
}

/** As {@link run}, but a failure ends this process with the program's own words. */
export async function must(what, command, args, options = {}) {
  const { code, output } = await run(command, args, options);
  if (code === 0) return output;
  if (output) process.stderr.write(output);
  console.error(red(`\n${what} failed (exit ${code}): ${command} ${args.join(" ")}`));
  process.exit(code);
}

export const pnpm = (args, options) => must(`pnpm ${args[0]}`, "npx", ["--yes", PNPM, ...args], options);

/** Path of an installed package's executable script, to be run by node itself (no wrapper that would survive a kill). */
export const bin = (path) => fileURLToPath(new URL(`../../node_modules/${path}`, import.meta.url));

export function requireNode() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  console.error(
    `Attune needs Node 20.19 or newer; this is ${process.versions.node}. Cure: install a newer Node and run the command again.`,
  );
  process.exit(1);
}
