import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
// @ts-expect-error -- plain JavaScript, shared with `npm start`, which runs before anything is installed
import { freePort } from "../scripts/lib/demo.mjs";

const root = fileURLToPath(new URL("../", import.meta.url));
const run = promisify(execFile);
const NEXT_16 = ["next@16.4.6", "react@19.3.1", "react-dom@19.3.1"];

// Next 15 is the storefront's (storefront.test.ts). This one installs Next 16 outside of the workspace, so it runs with the proofs.
describe.skipIf(process.env.ATTUNE_NEXT !== "1")(
  "withAttune as proxy.ts in a built Next 16 application (ATTUNE_NEXT=1)",
  () => {
    const dir = mkdtempSync(join(tmpdir(), "attune-next16-"));
    const env = { ...process.env, NEXT_TELEMETRY_DISABLED: "1", NODE_ENV: "production" as const };
    let next: ChildProcess;
    let url: string;

    beforeAll(async () => {
      cpSync(join(root, "packages/react/test/next16-app"), dir, { recursive: true });
      const quiet = ["--no-save", "--no-audit", "--no-fund", "--ignore-scripts", "--prefer-offline"];
      await run("npm", ["install", ...quiet, ...NEXT_16], { cwd: dir });
      for (const name of ["core", "react"]) {
        const to = join(dir, "node_modules/@attune", name);
        for (const part of ["package.json", "dist"])
          cpSync(join(root, "packages", name, part), join(to, part), { recursive: true });
      }
      const bin = join(dir, "node_modules/next/dist/bin/next");
      await run(process.execPath, [bin, "build", "--webpack"], { cwd: dir, env });
      const port = String(await freePort());
      url = `http://localhost:${port}`;
      next = spawn(process.execPath, [bin, "start", "--port", port, "--hostname", "localhost"], {
        ...{ cwd: dir, env, stdio: ["ignore", "pipe", "inherit"] },
      });
      await new Promise<void>((ready, failed) => {
        next.stdout?.on("data", (chunk: Buffer) => /Ready in/.test(chunk.toString()) && ready());
        next.once("exit", (code) => failed(new Error(`next start ended with ${code}`)));
      });
    }, 600_000);
    afterAll(async () => {
      if (next && next.exitCode === null) {
        next.kill();
        await once(next, "exit");
      }
      rmSync(dir, { recursive: true, force: true });
    });

    const open = async (country: string) => {
      const answer = await fetch(url, { headers: { "x-country": country } });
      const title = /<h1>([^<]*)/.exec(await answer.text())?.[1];
      return [title, answer.headers.get("x-nextjs-cache"), answer.headers.get("cache-control")];
    };

    it("answers from the kept page of what was decided, and lets nobody in between keep the answer", async () => {
      expect(await open("DE")).toEqual(["Moin", "HIT", "private, no-cache"]);
      expect(await open("FR")).toEqual(["Welcome", "HIT", "private, no-cache"]);
    });

    it("runs the Server Action of such a page", async () => {
      const headers = { "x-country": "DE", origin: url };
      const page = await (await fetch(url, { headers })).text();
      const form = new FormData();
      form.set("name", "ann");
      // Without scripts, the form says by hidden fields which action is meant.
      const hidden = [...page.matchAll(/<input type="hidden" name="([^"]+)"(?: value="([^"]*)")?/g)];
      expect(hidden.length).toBeGreaterThan(0);
      for (const [, name = "", value = ""] of hidden) form.set(name, value.replaceAll("&quot;", '"'));
      const answer = await fetch(url, { method: "POST", body: form, headers, redirect: "manual" });
      expect([answer.status, answer.headers.get("location")]).toEqual([303, "/?subscribed=ann"]);
    });

    it("sends whoever asks for a coded address to the plain one", async () => {
      const answer = await fetch(`${url}/v/anything`, { redirect: "manual" });
      expect([answer.status, new URL(answer.headers.get("location") ?? "", url).pathname]).toEqual([
        307,
        "/",
      ]);
    });
  },
);
