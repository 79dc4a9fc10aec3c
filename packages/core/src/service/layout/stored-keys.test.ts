import { describe, expect, it } from "vitest";
import { memoryStore } from "../../memory/index.js";
import { untilWritten } from "../tools/retry.js";
import { createPseudonyms } from "./pseudonyms.js";
import { storedKeys } from "./stored-keys.js";

describe("storedKeys", () => {
  it("makes one key per site, whoever asks first", async () => {
    const store = memoryStore();
    const asked = await Promise.all(Array.from({ length: 8 }, () => storedKeys(store).key("a", "pseudonym")));
    expect(new Set(asked.map((key) => key.join())).size).toBe(1);
    expect(asked[0]).toHaveLength(32);
    expect(await storedKeys(store).key("b", "pseudonym")).not.toEqual(asked[0]);
  });

  it("refuses a key in a form it does not know", async () => {
    const store = memoryStore();
    await store.put("_/keys", "a/pseudonym", { v: 2 });
    await expect(storedKeys(store).key("a", "pseudonym")).rejects.toMatchObject({
      code: "ATTUNE_SERVICE_KEY",
    });
  });
});

describe("T23 pseudonyms", () => {
  const key = (fill: number) => new Uint8Array(32).fill(fill);

  it("depend on site key, kind and id, and name the key", async () => {
    const provider = { key: async (site: string) => key(site === "a" ? 1 : 2) };
    const pseudonyms = createPseudonyms(provider);
    const [a, b] = [await pseudonyms.of("a"), await pseudonyms.of("b")];
    expect(a("v", "jane")).toMatch(/^[0-9a-f]{36}$/);
    // HMAC-SHA-256 by another implementation, of "key" and "v:jane" under 32 bytes of 1.
    const { createHmac } = await import("node:crypto");
    const hmac = (text: string) => createHmac("sha256", key(1)).update(text).digest("hex");
    expect(a("v", "jane")).toBe(hmac("key").slice(0, 4) + hmac("v:jane").slice(0, 32));
    const all = [
      a("v", "jane"),
      a("u", "jane"),
      a("s", "jane"),
      a("d", "jane"),
      b("v", "jane"),
      a("v", "june"),
    ];
    expect(new Set(all).size).toBe(all.length);
    expect(new Set(all.slice(0, 4).map((pseudonym) => pseudonym.slice(0, 4))).size).toBe(1);
    pseudonyms.forget();
    expect(a("v", "jane")).toBe(all[0]);
  });

  it("ask a provider again after it failed, and refuse a short key", async () => {
    let calls = 0;
    const pseudonyms = createPseudonyms({
      key: async () => (calls++ === 0 ? Promise.reject(new Error("down")) : key(1)),
    });
    await expect(pseudonyms.of("a")).rejects.toThrow("down");
    expect((await pseudonyms.of("a"))("v", "x")).toHaveLength(36);
    const short = createPseudonyms({ key: async () => new Uint8Array(16) });
    await expect(short.of("a")).rejects.toMatchObject({ code: "ATTUNE_SERVICE_KEY" });
  });
});

describe("untilWritten", () => {
  it("gives up in the end", async () => {
    let attempts = 0;
    const never = async () => (attempts++, null);
    await expect(untilWritten(never, () => 0)).rejects.toMatchObject({ code: "ATTUNE_SERVICE_CONTENTION" });
    expect(attempts).toBe(12);
  });
});
