import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import { fromBase64Url, toBase64Url } from "./bytes.js";
import { nodeGcm, webGcm } from "./gcm.js";
import { newKeyBytes, sealingKey } from "./seal.js";
import { createWrapping } from "./wrapping.js";

const refused = expect.objectContaining({ code: "ATTUNE_PRIVACY_SEAL" });

describe("T23: a sealed text", () => {
  it("opens as what it was, for the same binding and key", async () => {
    const key = await sealingKey(newKeyBytes());
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: "grapheme" }),
        fc.array(fc.string(), { maxLength: 3 }),
        async (text, binding) => {
          expect(await key.open(await key.seal(text, binding), binding)).toBe(text);
        },
      ),
    );
  });

  it("says nothing of its content, not even that two are the same", async () => {
    const key = await sealingKey(newKeyBytes());
    const sealed = await Promise.all([key.seal("ann@example.org", []), key.seal("ann@example.org", [])]);
    expect(sealed[0]).not.toBe(sealed[1]);
    expect(Buffer.from(sealed[0] ?? "", "base64url").toString("latin1")).not.toContain("ann@");
  });

  it("does not open for another subject or field, under another key, or with any byte changed", async () => {
    const [key, other] = await Promise.all([sealingKey(newKeyBytes()), sealingKey(newKeyBytes())]);
    const binding = ["shop", "v/1", "email"];
    const sealed = await key.seal("ann@example.org", binding);
    for (const wrong of [
      ["shop", "v/2", "email"],
      ["shop", "v/1", "phone"],
      ["shop", "v/1"],
      ["shop,v/1,email"],
    ])
      await expect(key.open(sealed, wrong)).rejects.toEqual(refused);
    await expect(other.open(sealed, binding)).rejects.toEqual(refused);
    const bytes = Buffer.from(sealed, "base64url");
    for (let i = 0; i < bytes.length; i++) {
      const changed = Buffer.from(bytes);
      changed[i] = (changed[i] ?? 0) ^ 1;
      await expect(key.open(changed.toString("base64url"), binding)).rejects.toEqual(refused);
    }
    for (const nothing of ["", "A", "!!!!", sealed.slice(0, 16), `${sealed}=`])
      await expect(key.open(nothing, binding)).rejects.toEqual(refused);
  });

  it("is the same whether Node's module or WebCrypto makes it: each opens what the other sealed", async () => {
    const bytes = newKeyBytes();
    const native = nodeGcm(bytes);
    const web = await webGcm(bytes);
    if (native === null) throw new Error("Node has its crypto module.");
    const iv = new Uint8Array(12).fill(7);
    const whose = new Uint8Array([1, 2]);
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "grapheme" }), async (text) => {
        const sealed = await native.encrypt(text, iv, whose);
        expect(await web.encrypt(text, iv, whose)).toEqual(sealed);
        expect(await native.decrypt(sealed, iv, whose)).toBe(text);
        expect(await web.decrypt(sealed, iv, whose)).toBe(text);
      }),
    );
    const marked = "\ufeffann";
    expect(await web.decrypt(await native.encrypt(marked, iv, whose), iv, whose)).toBe(marked);
    const sealed = await native.encrypt("ann", iv, whose);
    for (let kept = 0; kept < sealed.length; kept++)
      expect(() => native.decrypt(sealed.subarray(0, kept), iv, whose)).toThrow();
    expect(() => native.decrypt(sealed, iv, new Uint8Array([1, 3]))).toThrow();
  });

  it("works where there is no Node", async () => {
    // Not the whole of `process`, which the runner itself needs while this waits.
    const builtin = vi.spyOn(process, "getBuiltinModule").mockReturnValue(undefined as never);
    const key = await sealingKey(newKeyBytes());
    const sealed = await key.seal("ann", ["a"]);
    expect(builtin).toHaveBeenCalledWith("node:crypto");
    builtin.mockRestore();
    expect(await key.open(sealed, ["a"])).toBe("ann");
    await expect(key.open(sealed, ["b"])).rejects.toEqual(refused);
  });

  it("takes no key of another length", async () => {
    await expect(sealingKey(new Uint8Array(16))).rejects.toMatchObject({ code: "ATTUNE_PRIVACY_KEY" });
  });
});

describe("wrapped keys", () => {
  const provider = () => {
    const keys = new Map([["k1", newKeyBytes()]]);
    let present = "k1";
    let asked = 0;
    return {
      keys,
      rotate: (id: string) => {
        keys.set(id, newKeyBytes());
        present = id;
      },
      asked: () => asked,
      wrapping: async (_site: string, id = present) => {
        asked++;
        const key = keys.get(id);
        return key ? { id, key } : null;
      },
    };
  };

  it("rotate without anything being closed, and can be wrapped anew until the old key is needed no more", async () => {
    const keys = provider();
    let now = 0;
    const clock = { now: () => now };
    const before = createWrapping(keys, clock);
    const { key, wrapped } = await before.make("shop", ["v/1"]);
    const sealed = await key.seal("hello", []);
    expect(wrapped.by).toBe("k1");
    keys.rotate("k2");
    expect((await before.make("shop", ["v/2"])).wrapped.by).toBe("k1");
    now += 60_000;
    expect((await before.make("shop", ["v/2"])).wrapped.by).toBe("k2");
    const anew = await before.rewrap("shop", wrapped, ["v/1"]);
    expect(anew?.by).toBe("k2");
    expect(await before.rewrap("shop", anew ?? wrapped, ["v/1"])).toBeNull();
    keys.keys.delete("k1");
    const after = createWrapping(keys, clock);
    expect(await (await after.open("shop", anew ?? wrapped, ["v/1"])).open(sealed, [])).toBe("hello");
    await expect(after.open("shop", wrapped, ["v/1"])).rejects.toMatchObject({ code: "ATTUNE_PRIVACY_KEY" });
  });

  it("are asked for once, and open for nobody else", async () => {
    const keys = provider();
    const wrapping = createWrapping(keys, { now: () => 0 });
    const made = await Promise.all(Array.from({ length: 20 }, (_, i) => wrapping.make("shop", [`v/${i}`])));
    expect(keys.asked()).toBe(1);
    const [first] = made;
    await expect(wrapping.open("shop", first?.wrapped ?? { by: "", sealed: "" }, ["v/7"])).rejects.toEqual(
      refused,
    );
    await expect(wrapping.open("other", first?.wrapped ?? { by: "", sealed: "" }, ["v/0"])).rejects.toEqual(
      refused,
    );
  });

  it("a provider that failed is asked again", async () => {
    let fails = true;
    const wrapping = createWrapping(
      {
        wrapping: async () => {
          if (fails) throw new Error("not now");
          return { id: "k", key: newKeyBytes() };
        },
      },
      { now: () => 0 },
    );
    await expect(wrapping.make("shop", [])).rejects.toThrow("not now");
    fails = false;
    expect((await wrapping.make("shop", [])).wrapped.by).toBe("k");
  });
});

describe("base64url", () => {
  afterEach(() => vi.unstubAllGlobals());

  it("is the same with and without Node's codec", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 50 }), (bytes) => {
        const text = toBase64Url(bytes);
        expect(text).toBe(Buffer.from(bytes).toString("base64url"));
        vi.stubGlobal("Buffer", undefined);
        expect(toBase64Url(bytes)).toBe(text);
        expect([...(fromBase64Url(text) ?? [])]).toEqual([...bytes]);
        vi.unstubAllGlobals();
        expect([...(fromBase64Url(text) ?? [])]).toEqual([...bytes]);
      }),
    );
    for (const bad of ["A", "ab=", "a b", "ä"]) expect(fromBase64Url(bad)).toBeNull();
  });
});
