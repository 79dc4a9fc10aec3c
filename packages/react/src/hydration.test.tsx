// @vitest-environment jsdom
import { type AttuneOptions, createAttune, type InitialState } from "@attune/core";
import { encodeConsentCookie } from "@attune/core/consent";
import { act, cleanup } from "@testing-library/react";
import type { ReactNode } from "react";
import { hydrateRoot } from "react-dom/client";
import { renderToString } from "react-dom/server";
import { afterEach, describe, expect, it } from "vitest";
import { ruleset, testAttune, testEnvironment, testOptions } from "../test/kit.js";
import { ConsentBanner } from "./consent/index.js";
import {
  Experiment,
  PersonalizationHydration,
  PersonalizationProvider,
  Personalize,
  useConsent,
  useSegments,
  useSignals,
  useVariant,
  useVisitor,
  Variant,
} from "./index.js";

afterEach(() => {
  cleanup();
  document.body.replaceChildren();
});

/** What a server would send to a visitor who is a reader there, and of whom this device knows nothing. */
async function initialOfReader(): Promise<InitialState> {
  const server = await testAttune();
  await server.page();
  await server.page();
  return {
    ruleset,
    rulesetVersion: server.snapshot().rulesetVersion,
    stateVersion: 1,
    decisions: { hero: server.decide("hero"), cta: server.decide("cta") },
    segments: server.snapshot().segments,
    consent: server.consent.receipt(),
    now: Date.UTC(2026, 0, 5),
  };
}

/** The device of a visitor whose consent the server knew. */
function knownDevice(initial: InitialState): AttuneOptions {
  const cookies = new Map(initial.consent ? [["consent", encodeConsentCookie(initial.consent)]] : []);
  return testOptions({ environment: testEnvironment(cookies) });
}

function Page() {
  const segments = useSegments();
  const { grants, ask } = useConsent();
  const visitor = useVisitor();
  const { scores } = useSignals();
  return (
    <main>
      <Personalize slot="hero">{({ title }: { title: string }) => <h1>{title}</h1>}</Personalize>
      <Experiment slot="cta">
        <Variant name="a">A</Variant>
        <Variant name="b">B</Variant>
      </Experiment>
      <Personalize segment="readers" fallback="new">
        reader
      </Personalize>
      <p>
        {JSON.stringify([
          segments,
          grants,
          ask,
          visitor === null,
          scores.intent.value,
          useVariant("hidden", "-"),
        ])}
      </p>
      <ConsentBanner />
    </main>
  );
}

async function hydrate(server: ReactNode, client: ReactNode) {
  const html = renderToString(server);
  const container = document.createElement("div");
  container.innerHTML = html;
  document.body.append(container);
  const errors: unknown[] = [];
  const root = await act(async () =>
    hydrateRoot(container, client, { onRecoverableError: (error) => errors.push(error) }),
  );
  return { html, container, errors, unmount: () => act(async () => root.unmount()) };
}

describe("hydration", () => {
  it("equals the server's HTML with what the server decided, and reconciles after it", async () => {
    const initial = await initialOfReader();
    const tree = (options: AttuneOptions) => (
      <PersonalizationProvider options={options} initial={initial}>
        <Page />
      </PersonalizationProvider>
    );
    const { html, errors, container, unmount } = await hydrate(
      tree(testOptions()),
      tree(knownDevice(initial)),
    );
    expect(html).toContain("Good to see you again");
    expect(html).toContain("B");
    expect(html).toContain("reader");
    expect(errors).toEqual([]);
    expect(container.querySelector("h1")).not.toBeNull();
    expect(container.querySelector("[role=dialog]")).toBeNull();
    await unmount();
  });

  it("works the same through PersonalizationHydration", async () => {
    const initial = await initialOfReader();
    const tree = (options: AttuneOptions) => (
      <PersonalizationHydration initial={JSON.parse(JSON.stringify(initial))}>
        <PersonalizationProvider options={options}>
          <Page />
        </PersonalizationProvider>
      </PersonalizationHydration>
    );
    const { html, errors, unmount } = await hydrate(tree(testOptions()), tree(knownDevice(initial)));
    expect(html).toContain("Good to see you again");
    expect(errors).toEqual([]);
    await unmount();
  });

  it("equals a page made without any initial state, for a visitor who is known to the device", async () => {
    const cookies = new Map<string, string>();
    const before = createAttune(testOptions({ environment: testEnvironment(cookies) }));
    before.start();
    await before.consent.grant("all", "banner");
    await before.close();
    expect(cookies.get("consent")).toBeDefined();

    const tree = (options: AttuneOptions) => (
      <PersonalizationProvider options={options}>
        <Page />
      </PersonalizationProvider>
    );
    const bannerSeen: boolean[] = [];
    const watch = new MutationObserver(() =>
      bannerSeen.push(document.querySelector("[role=dialog]") !== null),
    );
    watch.observe(document.body, { childList: true, subtree: true });
    const { html, errors, container, unmount } = await hydrate(
      tree(testOptions()),
      tree(testOptions({ environment: testEnvironment(cookies) })),
    );
    watch.disconnect();
    expect(errors).toEqual([]);
    expect(html).not.toContain("dialog");
    expect(container.querySelector("[role=dialog]")).toBeNull();
    expect(bannerSeen.every((seen) => !seen)).toBe(true);
    expect(container.textContent).toContain('"personalization":true');
    await unmount();
  });

  it("asks a visitor who has not decided, after hydration only", async () => {
    const tree = (options: AttuneOptions) => (
      <PersonalizationProvider options={options}>
        <Page />
      </PersonalizationProvider>
    );
    const { html, errors, container, unmount } = await hydrate(tree(testOptions()), tree(testOptions()));
    expect(html).not.toContain("dialog");
    expect(errors).toEqual([]);
    expect(container.querySelector("[role=dialog]")).not.toBeNull();
    await unmount();
  });
});
