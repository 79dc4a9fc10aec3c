import { afterEach, describe, expect, it, vi } from "vitest";
import { createLinker } from "./linker.js";

afterEach(() => vi.unstubAllGlobals());

describe("links to another domain", () => {
  it("lead where they always did where the endpoint is not there and the host's report throws", async () => {
    vi.stubGlobal("location", { href: "https://a.example/", origin: "https://a.example" });
    vi.stubGlobal("fetch", () => Promise.reject(new Error("offline")));
    const report = vi.fn(() => {
      throw new Error("the host's");
    });
    const visitor = () => ({ id: "0193-visitor", traits: {}, preferences: {} });
    const { link } = createLinker(
      { visitor },
      { endpoint: "https://attune.example", writeKey: "wk", to: ["https://b.example"], report },
    );
    expect(await link("https://b.example/hats")).toBe("https://b.example/hats");
    expect(report).toHaveBeenCalled();
  });
});
