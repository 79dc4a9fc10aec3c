import { expect, it } from "vitest";
import { resultsStream } from "./results-stream.js";

it("gives its place back where it cannot hear of changes", async () => {
  let gone = 0;
  const stream = resultsStream({
    read: () => Promise.resolve({ units: 1 }),
    watch: () => Promise.reject(new Error("the channel is down")),
    active: () => true,
    onGone: () => (gone += 1),
    report: () => undefined,
  });
  const reader = stream.getReader();
  const readAll = async (): Promise<void> => {
    while (!(await reader.read()).done);
  };
  await expect(readAll()).rejects.toThrow("the channel is down");
  expect(gone).toBe(1);
});
