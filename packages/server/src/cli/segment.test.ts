import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCli } from "../../test/run-cli.js";
import { nativeEvent } from "../testing/start.js";
import { withBackEnd } from "./back-end.js";
import { placeOf } from "./place.js";

let folder: string;
let dir: string;
const fail = (error: unknown): never => {
  throw error;
};
const rules = (from: number, revision: number) => ({
  ...{ schemaVersion: 1, revision, slots: {} },
  segments: [{ name: "viewers", enter: { productViews: { $gte: from } } }],
});

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "attune-segment-"));
  dir = join(folder, "data");
  await withBackEnd({ ...(await placeOf({ dir })), worker: true, report: fail }, async ({ service }) => {
    await service.loadRuleset(rules(9, 1));
    const events = Array.from({ length: 30 }, (_, i) =>
      nativeEvent({ visitorId: `cli-visitor-0123456789-${i}`, sessionId: `session-${i}` }),
    );
    await service.ingest(events, { waitMs: 20_000 });
    await service.settled();
  });
  // While no worker is there.
  await withBackEnd({ ...(await placeOf({ dir })), report: fail }, ({ service }) =>
    service.loadRuleset(rules(1, 2)),
  );
}, 60_000);
afterAll(() => rm(folder, { recursive: true }));

describe("attune segment, on LMDB", () => {
  it("brings stored visitors in line, once", async () => {
    const first = await runCli("segment", "--dir", dir, "--json");
    expect([first.code, first.err]).toEqual([0, []]);
    expect(JSON.parse(first.out[0] ?? "")).toMatchObject({
      ...{ segmented: true, site: "default", visited: 30, changed: 30, of: 30 },
    });
    const again = await runCli("segment", "--dir", dir, "--anew");
    expect(again.code).toBe(0);
    expect(again.out.join("\n")).toMatch(/looked at +30 of 30 visitors\n +moved +0,/);
    const { size } = await withBackEnd(
      { ...(await placeOf({ dir })), report: fail },
      async ({ service }) => ({
        size: await service.segments.size("viewers"),
      }),
    );
    expect(size).toMatchObject({ size: 30 });
  }, 60_000);

  it("is called rightly", async () => {
    expect((await runCli("segment", "--nothing")).code).toBe(2);
    expect((await runCli("segment", "--dir", join(folder, "nowhere"))).code).toBe(2);
    expect((await runCli("segment", "--help")).out.join("\n")).toContain("--take-over");
  });
});
