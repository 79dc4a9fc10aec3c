// @vitest-environment jsdom
import type { Attune } from "@attune/core";
import { act, cleanup, render, renderHook } from "@testing-library/react";
import { memo, type ReactNode } from "react";
import { afterEach, describe, expect, it, vi } from "vitest";
import { testAttune } from "../test/kit.js";
import {
  PersonalizationProvider,
  useAttune,
  useConsent,
  useDecision,
  useSegment,
  useSegments,
  useSignals,
  useTrack,
  useVariant,
  useVisitor,
} from "./index.js";

afterEach(cleanup);

const under = (attune: Attune) => ({
  wrapper: ({ children }: { children: ReactNode }) => (
    <PersonalizationProvider attune={attune}>{children}</PersonalizationProvider>
  ),
});

/** Twice makes a reader. */
const read = async (attune: Attune): Promise<void> => {
  await act(async () => {
    await attune.page();
    await attune.page();
  });
};

describe("hooks", () => {
  it("give the value of the variant, its name, and follow the visitor's behaviour", async () => {
    const attune = await testAttune();
    const { result } = renderHook(
      () => ({ value: useVariant("hero"), decision: useDecision("hero"), reader: useSegment("readers") }),
      under(attune),
    );
    expect(result.current.value).toEqual({ title: "Welcome" });
    expect(result.current.decision).toMatchObject({ variant: "plain", reason: "no-match", isFallback: true });
    expect(result.current.reader).toBe(false);
    await read(attune);
    expect(result.current.value).toEqual({ title: "Good to see you again" });
    expect(result.current.decision).toMatchObject({ variant: "returning", reason: "rule", propensity: 1 });
    expect(result.current.reader).toBe(true);
  });

  it("use a fallback only where the ruleset has nothing to say", async () => {
    const attune = await testAttune();
    const { result } = renderHook(
      () => [
        useVariant("nowhere", "mine"),
        useVariant("nowhere"),
        useVariant("hidden", "mine"),
        useVariant("cta", "mine"),
      ],
      under(attune),
    );
    expect(result.current).toEqual(["mine", null, null, "Buy now"]);
  });

  it("take segment expressions", async () => {
    const attune = await testAttune();
    const { result } = renderHook(
      () => [
        useSegment("readers"),
        useSegment(["shoppers", "readers"]),
        useSegment({ all: ["readers", "shoppers"] }),
        useSegment({ any: ["shoppers", { all: ["readers"] }], not: "shoppers" }),
        useSegment({ not: "readers" }),
        useSegment("constructor"),
      ],
      under(attune),
    );
    expect(result.current).toEqual([false, false, false, false, true, false]);
    await read(attune);
    expect(result.current).toEqual([true, true, false, true, false, false]);
  });

  it("list segments as the same array until one changes", async () => {
    const attune = await testAttune();
    const { result } = renderHook(() => useSegments(), under(attune));
    const before = result.current;
    expect(before).toEqual([]);
    await act(async () => void (await attune.track("Something Else")));
    expect(result.current).toBe(before);
    await read(attune);
    expect(result.current).toEqual(["readers"]);
  });

  it("give signals, or what a selector makes of them", async () => {
    const attune = await testAttune();
    const { result } = renderHook(
      () => ({ all: useSignals(), views: useSignals((signals) => signals.features.pagesThisSession) }),
      under(attune),
    );
    await read(attune);
    expect(result.current.views).toBe(2);
    expect(result.current.all.features.pagesThisSession).toBe(2);
    expect(result.current.all.scores.intent.value).toBeGreaterThanOrEqual(0);
  });

  it("give what an inline selector makes, nested too, without rendering for ever", async () => {
    const attune = await testAttune();
    const { result } = renderHook(
      () => useSignals((signals) => ({ deep: { pages: signals.features.pagesThisSession } })),
      under(attune),
    );
    await read(attune);
    expect(result.current).toEqual({ deep: { pages: 2 } });
  });

  it("track with a function that stays the same", async () => {
    const attune = await testAttune();
    const { result, rerender } = renderHook(() => useTrack(), under(attune));
    const first = result.current;
    rerender();
    expect(result.current).toBe(first);
    await act(async () => expect((await first("Product Viewed", { price: 3 })).status).not.toBe("dropped"));
  });

  it("show and change consent", async () => {
    const attune = await testAttune({ granted: false });
    const { result } = renderHook(
      () => ({ consent: useConsent(), hero: useDecision("hero") }),
      under(attune),
    );
    expect(result.current.consent.ask).toBe("undecided");
    expect(result.current.hero.reason).toBe("consent");
    await act(() => result.current.consent.grant("all"));
    expect(result.current.consent.grants.personalization).toBe(true);
    expect(result.current.consent.ask).toBeNull();
    expect(result.current.hero.reason).toBe("no-match");
    await act(() => result.current.consent.withdraw("all"));
    expect(result.current.consent.grants.personalization).toBe(false);
    expect(result.current.hero.reason).toBe("consent");
  });

  it("know the visitor only with consent", async () => {
    const attune = await testAttune({ granted: false });
    const { result } = renderHook(() => useVisitor(), under(attune));
    expect(result.current).toBeNull();
    await act(() => attune.consent.grant("all"));
    expect(result.current?.id).toMatch(/./);
    await act(async () => void (await attune.identify("user-1", { plan: "pro" })));
    expect(result.current).toMatchObject({ userId: "user-1", traits: { plan: "pro" } });
  });

  it("say what is missing where there is no provider", () => {
    const quiet = vi.spyOn(console, "error").mockImplementation(() => undefined);
    expect(() => renderHook(() => useAttune())).toThrow(
      expect.objectContaining({ code: "ATTUNE_REACT_NO_PROVIDER" }),
    );
    quiet.mockRestore();
  });
});

const useCta = (): unknown => useVariant("cta");
const useHero = (): unknown => useDecision("hero");
const useShoppers = (): boolean => useSegment({ any: ["shoppers"] });
const useProducts = (): unknown => useSignals((signals) => signals.features.productViews);
const READERS = {
  variant: useCta,
  decision: useHero,
  segment: useShoppers,
  segments: useSegments,
  consent: useConsent,
  visitor: useVisitor,
  signal: useProducts,
};

describe("a component renders again only when its own slice changed", () => {
  it("0 renders of seven components over 100 unrelated updates", async () => {
    const attune = await testAttune();
    const renders: Record<string, number> = {};
    const count = (name: string): void => {
      renders[name] = (renders[name] ?? 0) + 1;
    };
    const parts = Object.entries(READERS).map(([name, useReader]) =>
      memo(function Part() {
        useReader();
        count(name);
        return null;
      }),
    );
    render(
      <PersonalizationProvider attune={attune}>
        {parts.map((Part, index) => (
          <Part key={Object.keys(READERS)[index]} />
        ))}
      </PersonalizationProvider>,
    );
    const after = { ...renders };
    let updates = 0;
    const stop = attune.subscribe(() => updates++);
    await act(async () => {
      for (let i = 0; i < 100; i++) await attune.track("Element Clicked", { i });
    });
    stop();
    expect(updates).toBeGreaterThanOrEqual(100);
    expect(renders).toEqual(after);
    await read(attune);
    expect(renders).toMatchObject({
      variant: after.variant,
      decision: (after.decision ?? 0) + 1,
      consent: after.consent,
    });
  });
});
