import { memoryStore } from "@attune/core/memory";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createMeters } from "./metrics/meters.js";
import { serve } from "./served.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const MINUTE = 60_000;
const clock = { now: () => Date.now() };

function start() {
  const reports: unknown[] = [];
  const options = {
    stores: { hot: memoryStore({ clock }), durable: memoryStore({ clock }) },
    auth: {
      keys: [
        { kind: "write" as const, key: "a".repeat(24) },
        { kind: "secret" as const, key: "b".repeat(24), site: "shop" },
        { kind: "secret" as const, key: "c".repeat(24), site: "shop" },
      ],
    },
    clock,
    report: (error: unknown) => void reports.push(error),
  };
  const served = serve(options, createMeters(clock.now));
  const review = vi.spyOn(served.service.experiments, "review");
  return { served, review, reports, sites: () => review.mock.calls.map(([of]) => of?.site) };
}

it("running experiments of every site that a key reaches are looked at each minute, until it is closed", async () => {
  const { served, sites } = start();
  await vi.advanceTimersByTimeAsync(MINUTE);
  expect(sites()).toEqual(["default", "shop"]);
  await vi.advanceTimersByTimeAsync(MINUTE);
  expect(sites()).toHaveLength(4);
  await served.close();
  await vi.advanceTimersByTimeAsync(5 * MINUTE);
  expect(sites()).toHaveLength(4);
});

it("nobody looks while another look goes on, and one that fails ends neither that of other sites nor the next", async () => {
  const { served, review, reports, sites } = start();
  let endLook: () => void = () => undefined;
  const slow = new Promise<never[]>((resolve) => (endLook = () => resolve([])));
  review.mockImplementationOnce(() => slow).mockRejectedValueOnce(new Error("no network"));
  await vi.advanceTimersByTimeAsync(3 * MINUTE);
  expect(sites()).toEqual(["default"]);
  endLook();
  await vi.advanceTimersByTimeAsync(0);
  expect(sites()).toEqual(["default", "shop"]);
  expect(reports).toEqual([new Error("no network")]);
  await vi.advanceTimersByTimeAsync(MINUTE);
  expect(sites()).toEqual(["default", "shop", "default", "shop"]);
  await served.close();
});
