import { afterEach, describe, expect, it, vi } from "vitest";
import { indexedDbStorage } from "./indexed-db.js";

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** A browser that opens databases only when told to; which of them are open is all there is to them. */
function slowBrowser() {
  const open = new Set<object>();
  const requests: { result?: unknown; onsuccess?: () => void }[] = [];
  vi.stubGlobal("indexedDB", {
    open() {
      const request: (typeof requests)[number] = {};
      requests.push(request);
      return request;
    },
  });
  return {
    open,
    answer() {
      const database = { close: () => void open.delete(database) };
      open.add(database);
      const request = requests.shift();
      Object.assign(request ?? {}, { result: database });
      request?.onsuccess?.();
    },
  };
}

describe("a database that opens late", () => {
  it("is closed again where it was given up, so that no erasure waits for it", async () => {
    vi.useFakeTimers();
    const { open, answer } = slowBrowser();
    const read = indexedDbStorage("attune-test").get("visitor");
    const refused = expect(read).rejects.toMatchObject({ name: "TimeoutError" });
    await vi.advanceTimersByTimeAsync(3000);
    await refused;
    answer();
    expect(open.size).toBe(0);
  });

  it("is closed where the storage was closed meanwhile", async () => {
    vi.useFakeTimers();
    const { open, answer } = slowBrowser();
    const storage = indexedDbStorage("attune-test");
    void storage.get("visitor").catch(() => undefined);
    storage.close();
    answer();
    await vi.advanceTimersByTimeAsync(0);
    expect(open.size).toBe(0);
  });
});
