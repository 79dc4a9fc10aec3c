import { Readable } from "node:stream";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { joined, textOf, wholeText } from "./body.js";

const decoded = (bytes: Buffer): string => new TextDecoder().decode(bytes);
const filler = Buffer.from("Käse · 奶酪 · 🧀 ".repeat(300));

describe("the text of a body", () => {
  it("is what TextDecoder makes of it, be it short or long, text or not", () => {
    const piece = fc.oneof(
      fc.string({ unit: "binary" }).map((text) => Buffer.from(text)),
      fc.uint8Array().map((bytes) => Buffer.from(bytes)),
      fc.constantFrom(filler, Buffer.from("plain ".repeat(1000)), Buffer.from([0xef, 0xbb, 0xbf])),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 5 }), (pieces) => {
        const bytes = Buffer.concat(pieces);
        expect(textOf(bytes)).toBe(decoded(bytes));
      }),
      { numRuns: 300 },
    );
  });

  it("is as much of a long one as of its part", () => {
    const part = filler.subarray(1, -1);
    expect(textOf(part)).toBe(decoded(part));
    expect(textOf(filler)).toBe(filler.toString());
  });
});

describe("the chunks of a body", () => {
  it("that make no text reject, and end nobody's process", async () => {
    await expect(wholeText(Readable.from([{}, {}]))).rejects.toThrow(TypeError);
  });

  it("are one piece, however many and long they are", () => {
    const chunk = fc.oneof(
      fc.uint8Array().map((bytes) => Buffer.from(bytes)),
      fc.integer({ min: 0, max: 300_000 }).map((length) => Buffer.alloc(length, length % 251)),
    );
    fc.assert(
      fc.property(fc.array(chunk, { maxLength: 5 }), (chunks) => {
        expect(joined(chunks).equals(Buffer.concat(chunks))).toBe(true);
      }),
    );
  });
});
