import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Environment, openEnvironment } from "./environment.js";
import { createLeases, LEASE_MS, type Leases } from "./leases.js";

describe("leases of shards", () => {
  let path = "";
  let environment: Environment;
  let now = 1_000_000;
  let one: Leases;
  let two: Leases;
  const make = (owner: string): Leases => createLeases(environment, { owner, shards: 8, now: () => now });
  const claimAll = async (leases: Leases): Promise<number[]> => {
    const answers = await Promise.all(Array.from({ length: 8 }, (_, shard) => leases.claim("g", shard)));
    return answers.flatMap((yes, shard) => (yes ? [shard] : []));
  };
  beforeEach(() => {
    path = mkdtempSync(join(tmpdir(), "attune-leases-"));
    environment = openEnvironment({ path, file: "log", schema: 2, flush: false });
    [one, two] = [make("one"), make("two")];
  });
  afterEach(async () => {
    await environment.close();
    rmSync(path, { recursive: true, force: true });
  });

  it("a process alone has all shards, and nobody takes them while it lives", async () => {
    expect(await claimAll(one)).toHaveLength(8);
    for (let i = 0; i < 5; i++) {
      now += LEASE_MS - 1;
      await one.renew("g");
      expect(await claimAll(two)).toEqual([]);
    }
  });

  it("two processes come to share, since one gives back what is beyond its part", async () => {
    await claimAll(one);
    expect(await claimAll(two)).toEqual([]);
    now += LEASE_MS / 2;
    expect(await claimAll(one)).toHaveLength(4);
    expect(await claimAll(two)).toHaveLength(4);
    for (let shard = 0; shard < 8; shard++) expect(one.holds("g", shard)).toBe(!two.holds("g", shard));
  });

  it("what a process that died had is free after its lease, and what one gave back at once", async () => {
    await claimAll(one);
    now += LEASE_MS;
    expect(await claimAll(two)).toHaveLength(8);
    expect(one.has("g", 0)).toBe(false);
    expect(one.holds("g", 0)).toBe(false);
    await two.release("g");
    expect(await claimAll(make("three"))).toHaveLength(8);
  });

  it("groups have leases of their own", async () => {
    await claimAll(one);
    expect(await two.claim("other", 0)).toBe(true);
  });

  it("a lease from before the clock was set back does not last for ever", async () => {
    await claimAll(one);
    now -= 3_600_000;
    expect(await claimAll(two)).toHaveLength(8);
    expect(await one.claim("g", 0)).toBe(false);
  });

  it("a renewal does not take back what is another's by then", async () => {
    await claimAll(one);
    now += LEASE_MS;
    expect(await two.claim("g", 3)).toBe(true);
    await one.renew("g");
    expect(two.holds("g", 3)).toBe(true);
    expect(one.has("g", 3)).toBe(false);
    expect(one.has("g", 4)).toBe(true);
  });
});
