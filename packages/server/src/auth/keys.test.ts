import { describe, expect, it } from "vitest";
import { createKeyRing, hashKey } from "./keys.js";

const refused = expect.objectContaining({ code: "ATTUNE_SERVER_KEY" });

describe("T17 a ring of keys", () => {
  it("has no key twice: what is public in one place would open the other", () => {
    const key = "wk_a-key-that-stands-twice";
    const ring = (more: object) => () =>
      createKeyRing([
        { kind: "write", key },
        { kind: "secret", key, ...more },
      ]);
    expect(ring({})).toThrow(refused);
    expect(ring({ site: "other" })).toThrow(refused);
    expect(ring({ key: undefined, hash: hashKey(key) })).toThrow(refused);
    expect(ring({ key: "sk_another-key" })).not.toThrow();
  });

  it("has no empty key, such as a variable that is not set", () => {
    expect(() => createKeyRing([{ kind: "write", key: "" }])).toThrow(refused);
    expect(() => createKeyRing([{ kind: "secret", hash: hashKey("") }])).toThrow(refused);
  });
});
