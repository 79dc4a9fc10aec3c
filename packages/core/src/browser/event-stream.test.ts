import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readEvents, type ServerEvent } from "./event-stream.js";

const streamOf = (pieces: readonly Uint8Array[]): ReadableStream<Uint8Array> =>
  new ReadableStream({
    start(controller) {
      for (const piece of pieces) controller.enqueue(piece);
      controller.close();
    },
  });

describe("reading an event stream", () => {
  it("gives the events as they were written, wherever the pieces are cut", async () => {
    const events: ServerEvent[] = [
      { id: "a.1", type: "visitors", data: '{"visitors":["Käthe 🧀"]}' },
      { id: null, type: "ping", data: "{}" },
      { id: "a.2", type: "message", data: "" },
    ];
    const text = `retry: 2000\n\n${events
      .map(
        ({ id, type, data }) =>
          `${id === null ? "" : `id: ${id}\n`}${type === "message" ? "" : `event: ${type}\n`}data: ${data}\n\n`,
      )
      .join("")}id: cut off`;
    const bytes = new TextEncoder().encode(text);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(bytes.length)), async (cuts) => {
        const at = [0, ...cuts.sort((a, b) => a - b), bytes.length];
        const heard: ServerEvent[] = [];
        await readEvents(streamOf(at.slice(1).map((end, i) => bytes.subarray(at[i], end))), (event) =>
          heard.push(event),
        );
        expect(heard).toEqual([{ id: null, type: "message", data: "" }, ...events]);
      }),
    );
  });

  it("ends where an event does not, and where who listens fails", async () => {
    const endless = Array.from({ length: 20 }, () => new TextEncoder().encode("x".repeat(1 << 16)));
    await expect(readEvents(streamOf(endless), () => undefined)).rejects.toThrow(RangeError);
    const one = streamOf([new TextEncoder().encode("data: {\n\n")]);
    await expect(readEvents(one, ({ data }) => void JSON.parse(data))).rejects.toThrow(SyntaxError);
  });
});
