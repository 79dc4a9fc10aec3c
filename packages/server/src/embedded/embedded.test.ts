import { mkdtemp, readdir, readlink, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { embedded } from "./index.js";

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "attune-embedded-"));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

/** Files below the folder that this process has open. */
async function openFiles(): Promise<string[]> {
  const open = await readdir("/proc/self/fd");
  const targets = await Promise.all(open.map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => "")));
  return targets.filter((target) => target.startsWith(dir));
}

describe.runIf(process.platform === "linux")("embedded: what it has open", () => {
  it("is closed where not all can be opened", async () => {
    await writeFile(join(dir, "series"), "in the way");
    await expect(embedded({ dir })).rejects.toMatchObject({ code: "EEXIST" });
    expect(await openFiles()).toEqual([]);
  });

  it("is closed with it", async () => {
    const ports = await embedded({ dir });
    expect((await openFiles()).length).toBeGreaterThan(0);
    await ports.close();
    expect(await openFiles()).toEqual([]);
  });
});
