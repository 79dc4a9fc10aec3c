import { afterEach, describe, expect, it, vi } from "vitest";
import { AttuneError } from "../kernel/errors.js";
import { browser } from "./browser.js";

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

const refused = () => new AttuneError("ATTUNE_ENGINE_REFUSED", "The endpoint takes no events.");

describe("a page whose host listens to no report", () => {
  it("tells each problem once on the console, in development", async () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
    const { report, network } = browser({ endpoint: "http://127.0.0.1:1", writeKey: "wk_secret-looking" });
    report?.(refused());
    report?.(refused());
    const signal = new AbortController().signal;
    await network?.send([{ id: "1", body: {} }], { last: false, signal });
    expect(warn.mock.calls.flat()).toEqual([
      "[attune] The endpoint takes no events. (ATTUNE_ENGINE_REFUSED)",
      "[attune] No answer from http://127.0.0.1:1/api/v1/behavioral/batch. (ATTUNE_BROWSER_UNREACHABLE)",
    ]);
  });

  it("is silent in production, and where nobody has said which it is", () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
    vi.stubEnv("NODE_ENV", "production");
    browser().report?.(refused());
    vi.stubGlobal("process", undefined);
    browser().report?.(refused());
    vi.unstubAllGlobals();
    expect(warn).not.toHaveBeenCalled();
  });

  it("leaves the console alone where its host listens", () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
    const heard: unknown[] = [];
    browser({ report: (error) => void heard.push(error) }).report?.(refused());
    expect(heard).toHaveLength(1);
    expect(warn).not.toHaveBeenCalled();
  });
});
