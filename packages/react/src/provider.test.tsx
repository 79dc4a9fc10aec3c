// @vitest-environment jsdom
import type { InitialState } from "@attune/core";
import { type ConsentRecord, encodeConsentCookie } from "@attune/core/consent";
import { act, cleanup, render } from "@testing-library/react";
import { Activity, StrictMode } from "react";
import { afterEach, describe, expect, it } from "vitest";
import { policy, ruleset, testAttune, testEnvironment, testOptions } from "../test/kit.js";
import { PersonalizationProvider, useAttune, useSegment, useVariant } from "./index.js";

afterEach(cleanup);

/** An environment that counts engines which were started and are not closed. */
function countingOptions() {
  const running = { now: 0, started: 0 };
  const options = testOptions({
    environment: {
      ...testEnvironment(),
      consentSync: () => {
        running.now++;
        running.started++;
        return { publish: () => undefined, stop: () => void running.now-- };
      },
    },
  });
  return { options, running };
}

const settle = (): Promise<void> => act(async () => await new Promise((resolve) => setTimeout(resolve, 5)));

describe("PersonalizationProvider", () => {
  it("starts one engine after commit under StrictMode, and closes it when it is gone", async () => {
    const { options, running } = countingOptions();
    let startedWhileRendering = 0;
    function Probe() {
      useAttune();
      startedWhileRendering = Math.max(startedWhileRendering, running.started);
      return null;
    }
    const { unmount } = render(
      <StrictMode>
        <PersonalizationProvider options={options}>
          <Probe />
        </PersonalizationProvider>
      </StrictMode>,
    );
    expect(startedWhileRendering).toBe(0);
    await settle();
    expect(running).toEqual({ now: 1, started: 1 });
    unmount();
    await settle();
    expect(running).toEqual({ now: 0, started: 1 });
  });

  // React 18 has no <Activity>.
  it.skipIf(Activity === undefined)(
    "rests while it is hidden, and has a new engine when it is shown again",
    async () => {
      const { options, running } = countingOptions();
      const tree = (mode: "visible" | "hidden") => (
        <StrictMode>
          <Activity mode={mode}>
            <PersonalizationProvider options={options} />
          </Activity>
        </StrictMode>
      );
      const { rerender } = render(tree("visible"));
      await settle();
      rerender(tree("hidden"));
      await settle();
      expect(running).toEqual({ now: 0, started: 1 });
      rerender(tree("visible"));
      await settle();
      expect(running).toEqual({ now: 1, started: 2 });
    },
  );

  it.skipIf(Activity === undefined)(
    "goes by what was decided on consent before it was hidden, when it is shown again",
    async () => {
      const server = await testAttune();
      const initial: InitialState = {
        ruleset,
        rulesetVersion: server.snapshot().rulesetVersion,
        stateVersion: 1,
        decisions: { top: server.decide("top") },
        segments: { shoppers: 1 },
        consent: server.consent.receipt(),
        now: Date.UTC(2026, 0, 5),
      };
      const cookies = new Map<string, string>();
      cookies.set("consent", encodeConsentCookie(initial.consent as ConsentRecord));
      const options = { environment: testEnvironment(cookies), consent: { policy } };
      const rendered: string[] = [];
      let attune = server;
      function Probe() {
        attune = useAttune();
        rendered.push(`${useVariant("top", "?")} ${useSegment("shoppers")}`);
        return null;
      }
      const tree = (mode: "visible" | "hidden") => (
        <Activity mode={mode}>
          <PersonalizationProvider options={options} initial={initial}>
            <Probe />
          </PersonalizationProvider>
        </Activity>
      );
      const { rerender } = render(tree("visible"));
      await settle();
      expect(rendered[0]).toBe("Summer sale true");
      await act(() => attune.consent.withdraw());
      rerender(tree("hidden"));
      await settle();
      rendered.length = 0;
      rerender(tree("visible"));
      await settle();
      expect(rendered.length).toBeGreaterThan(0);
      expect(new Set(rendered)).toEqual(new Set(["Hello false"]));
    },
  );

  it("keeps its engine over renders with new options objects", async () => {
    const { options, running } = countingOptions();
    const { rerender } = render(<PersonalizationProvider options={{ ...options }} />);
    rerender(<PersonalizationProvider options={{ ...options }} />);
    await settle();
    expect(running).toEqual({ now: 1, started: 1 });
  });

  it("two providers have two engines that share nothing", async () => {
    const seen = new Set<unknown>();
    function Probe() {
      seen.add(useAttune());
      return null;
    }
    render(
      <>
        <PersonalizationProvider options={testOptions()}>
          <Probe />
        </PersonalizationProvider>
        <PersonalizationProvider options={testOptions()}>
          <Probe />
        </PersonalizationProvider>
      </>,
    );
    expect(seen.size).toBe(2);
    await settle();
  });

  it("never closes an engine that was handed in", async () => {
    const attune = await testAttune();
    const { unmount } = render(
      <StrictMode>
        <PersonalizationProvider attune={attune} />
      </StrictMode>,
    );
    unmount();
    await settle();
    expect(attune.snapshot().status).toBe("ready");
    await attune.close();
  });
});
