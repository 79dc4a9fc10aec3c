import { afterEach, expect, it } from "vitest";
import { nativeEvent, startTestServer, type TestServer } from "../testing/start.js";

let open: TestServer | null = null;
afterEach(async () => {
  await open?.close();
  open = null;
});

const passive = () => nativeEvent({ name: "Element Viewed", properties: {} });

it("answers tell how many events others stand for, since the server is under load", async () => {
  const at = (open = await startTestServer({ sampling: { inFlight: 0, least: 0.5 } }));
  const events = [...Array.from({ length: 200 }, passive), nativeEvent()];
  const answer = (await (await at.post("/api/v1/behavioral/batch", events)).json()) as Record<string, number>;
  expect(answer).toMatchObject({ accepted: 201, rejected: [] });
  expect(answer.sampled).toBeGreaterThan(50);
  expect(answer.sampled).toBeLessThan(150);

  const alone = await Promise.all(
    Array.from({ length: 20 }, async () => {
      const one = await at.post("/api/v1/behavioral/events", passive());
      return (await one.json()) as { sampled: number; processed: boolean; notes: Record<string, string> };
    }),
  );
  const left = alone.filter(({ sampled }) => sampled === 1);
  expect(left.length).toBeGreaterThan(0);
  expect(left.length).toBeLessThan(20);
  for (const { processed, notes } of left) {
    expect(processed).toBe(false);
    expect(notes.insights).toContain("under load");
  }
});

it("nothing is sampled unless the host has given bounds", async () => {
  const at = (open = await startTestServer());
  const answer = await at.post("/api/v1/behavioral/batch", Array.from({ length: 50 }, passive));
  expect(await answer.json()).toMatchObject({ accepted: 50, sampled: 0 });
});
