import { existsSync } from "node:fs";
import { run } from "./run.mjs";

const PLACES = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

const found = () => [process.env.CHROMIUM, ...PLACES].find((path) => path && existsSync(path)) ?? null;

/** Path of a Chromium, installed through apt where there is none and that may be done; null with the reason otherwise. */
export async function chromium() {
  const here = found();
  if (here) return { path: here };
  if (!existsSync("/usr/bin/apt-get"))
    return {
      path: null,
      reason: "no Chromium found, and this system has no apt-get; set CHROMIUM to the path of one",
    };
  const isRoot = process.getuid?.() === 0;
  const sudo = isRoot ? [] : ["sudo", "-n"];
  if (!isRoot && (await run("sudo", ["-n", "true"], { quiet: true }).catch(() => ({ code: 1 }))).code !== 0) {
    return {
      path: null,
      reason:
        "no Chromium found, and it may not be installed without a password; run: sudo apt-get install chromium",
    };
  }
  console.log("Installing Chromium through apt …");
  const apt = (args) => {
    const [command, ...rest] = [...sudo, "apt-get", ...args];
    return run(command, rest, { quiet: true, env: { DEBIAN_FRONTEND: "noninteractive" } });
  };
  await apt(["update", "-qq"]);
  const { code, output } = await apt([
    "install",
    "-y",
    "-qq",
    "--no-install-recommends",
    "chromium",
    "fonts-liberation",
  ]);
  const installed = found();
  return installed
    ? { path: installed }
    : {
        path: null,
        reason: `apt-get could not install chromium (exit ${code}): ${output.trim().split("\n").at(-1)}`,
      };
}
