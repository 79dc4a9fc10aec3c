import { expect, it } from "vitest";
import { overload } from "../scripts/prove/overload.mjs";

/** The short form of what `npm run prove -- overload` does for minutes, which also judges how soon a refusal comes. */
it("T12 three times what a server can take: refused with a time to come again, memory bounded, nothing acknowledged lost", async () => {
  const { problems, acknowledged, lost, refused } = await overload({ seconds: 3 });
  expect(problems).toEqual([]);
  expect(lost).toBe(0);
  expect(acknowledged).toBeGreaterThan(1000);
  expect(Object.keys(refused).every((status) => ["429", "503"].includes(status))).toBe(true);
});
