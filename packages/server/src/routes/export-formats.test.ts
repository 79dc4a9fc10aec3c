import type { VisitorExport } from "@attune/core/service";
import { strFromU8, unzipSync } from "fflate";
import { describe, expect, it } from "vitest";
import { exportFile } from "./export-formats.js";

const EVENTS = 20_000;
const event = (i: number) => ({ id: `event-${i}`, name: "Product Viewed", properties: { note: `ü-${i}` } });
const data = {
  ...{ format: "attune-export", version: 1, exportedAt: "2026-11-26T12:00:00.000Z" },
  subject: { kind: "visitor", visitors: 1 },
  visitors: [
    {
      ...{ state: null, segments: {}, traits: {}, consent: null },
      events: Array.from({ length: EVENTS }, (_, i) => event(i)),
      other: { users: [{ id: "u" }] },
    },
  ],
} as unknown as VisitorExport;

describe("a large export", () => {
  it.each(["ndjson", "zip"] as const)("leaves others their turns while it is made (%s)", async (format) => {
    let turns = 0;
    const counting = setInterval(() => turns++, 1);
    const bytes = new Uint8Array(await exportFile(data, format).arrayBuffer());
    clearInterval(counting);
    expect(turns).toBeGreaterThan(10);
    const text =
      format === "ndjson"
        ? strFromU8(bytes)
        : Object.entries(unzipSync(bytes))
            .filter(([name]) => name.endsWith(".ndjson"))
            .map(([, file]) => strFromU8(file))
            .join("");
    const lines = text.trim().split("\n");
    expect(lines).toHaveLength(EVENTS + 3);
    expect(lines.filter((line) => line.includes('"kind":"event"')).map((line) => JSON.parse(line))).toEqual(
      Array.from({ length: EVENTS }, (_, i) => ({ kind: "event", visitor: 0, event: event(i) })),
    );
  });

  it("is not made on for somebody who has gone", async () => {
    let read = 0;
    const many = Array.from({ length: EVENTS }, () => ({ toJSON: () => ++read }));
    const [visitor] = data.visitors;
    const watched = { ...data, visitors: [{ ...visitor, events: many }] } as unknown as VisitorExport;
    const reader = exportFile(watched, "ndjson").body?.getReader();
    await reader?.read();
    await reader?.cancel();
    const then = read;
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(then).toBeLessThan(EVENTS / 2);
    expect(read).toBe(then);
  });
});
