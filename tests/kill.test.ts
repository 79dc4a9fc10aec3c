import { describe, expect, it } from "vitest";
import { killCampaign, missing } from "../scripts/prove/kill.mjs";

/** The short form of what `npm run prove -- kill` does a hundred times. */
describe.concurrent("T8 SIGKILL of a server under load", () => {
  const withoutRedis = missing("redis") !== null;

  it("embedded LMDB: nothing acknowledged is lost, nothing counts twice", async () => {
    const { problems, kills, whileFolding, acknowledged } = await killCampaign("lmdb", { kills: 3 });
    expect(problems).toEqual([]);
    expect([kills, whileFolding]).toEqual([3, 1]);
    expect(acknowledged).toBeGreaterThan(50);
  });

  it.skipIf(withoutRedis)("Redis with its append-only file, and Redis itself killed: the same", async () => {
    const { problems, kills, killsOfRedis, acknowledged } = await killCampaign("redis", { kills: 3 });
    expect(problems).toEqual([]);
    expect([kills, killsOfRedis]).toEqual([3, 1]);
    expect(acknowledged).toBeGreaterThan(50);
  });

  it.skipIf(withoutRedis)("finds out a Redis that keeps nothing on disk", async () => {
    const { lost, problems } = await killCampaign("unsaved", { kills: 2 });
    expect(lost).toBeGreaterThan(0);
    expect(problems).toContainEqual(expect.stringMatching(/^acknowledged and lost/));
  });
});
