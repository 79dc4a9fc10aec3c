import { describe, expect, it } from "vitest";
import { createWindow } from "./window.js";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe("the window of newest frames", () => {
  it("gives what followed a number as long as it is held", () => {
    const window = createWindow(6);
    for (const text of ["aa", "bb", "cc", "dd"]) window.push(bytes(text), text);
    const after = (number: number, limit = 100) => {
      const found = window.after(number, limit);
      return found && { ...found, pieces: found.pieces.map((piece) => new TextDecoder().decode(piece)) };
    };
    expect(after(1)).toEqual({ pieces: ["bb", "cc", "dd"], upTo: 4 });
    expect(after(1, 4)).toEqual({ pieces: ["bb", "cc"], upTo: 3 });
    expect(after(1, 1)).toEqual({ pieces: ["bb"], upTo: 2 });
    expect(after(4)).toEqual({ pieces: [], upTo: 4 });
    expect(after(0)).toBeNull();
    expect(after(5)).toBeNull();
    expect([0, 1, 3, 4, 5].map(window.bytesAfter)).toEqual([null, 6, 2, 0, null]);
    window.drop("cc");
    expect(after(1)).toEqual({ pieces: ["bb", "dd"], upTo: 4 });
    window.drop(null);
    expect(after(1)).toEqual({ pieces: [], upTo: 4 });
    window.push(bytes("larger than all"), null);
    expect(after(4)?.pieces).toEqual(["larger than all"]);
  });
});
