// @vitest-environment jsdom
import { act, cleanup, render } from "@testing-library/react";
import { renderToString } from "react-dom/server";
import { afterEach, describe, expect, it, vi } from "vitest";
import { ruleset } from "../../test/kit.js";
import { ConsentBanner } from "../consent/index.js";
import { Personalize, useConsent, useDecision, useSegment, useTrack, useVariant } from "../index.js";
import { TestPersonalizationProvider } from "./index.js";

afterEach(cleanup);

function Page() {
  const { status, reason } = useDecision("hero");
  const { withdraw } = useConsent();
  const track = useTrack();
  return (
    <main>
      <Personalize slot="hero">{({ title }: { title: string }) => <h1>{title}</h1>}</Personalize>
      <p>{[status, reason, useVariant("cta", "?"), useSegment("readers") ? "reader" : "new"].join(" ")}</p>
      <button type="button" onClick={() => void track("Asked", { n: 1 })}>
        ask
      </button>
      <button type="button" onClick={() => void withdraw()}>
        withdraw
      </button>
    </main>
  );
}

describe("TestPersonalizationProvider", () => {
  it("gives what it is told, from the first render on, on a server too", () => {
    const page = (
      <TestPersonalizationProvider ruleset={ruleset} decisions={{ hero: "returning" }} segments={["readers"]}>
        <Page />
      </TestPersonalizationProvider>
    );
    for (const html of [renderToString(page), render(page).container.innerHTML]) {
      expect(html).toContain("Good to see you again");
      expect(html).toContain("decided rule Buy reader");
    }
  });

  it("needs no ruleset, and knows what still resolves", () => {
    const { container } = render(
      <TestPersonalizationProvider
        decisions={{ hero: { variant: "x", value: { title: "Hi" } }, cta: { variant: "b", value: "Now" } }}
        pending={["hero"]}
      >
        <Page />
      </TestPersonalizationProvider>,
    );
    expect(container.textContent).toContain("Hi");
    expect(container.textContent).toContain("resolving rule Now new");
  });

  it("tells what would have been recorded, and shows fallbacks without consent", async () => {
    const onTrack = vi.fn();
    const { container, getByText } = render(
      <TestPersonalizationProvider ruleset={ruleset} decisions={{ hero: "returning" }} onTrack={onTrack}>
        <ConsentBanner />
        <Page />
      </TestPersonalizationProvider>,
    );
    expect(container.querySelector("[role=dialog]")).toBeNull();
    getByText("ask").click();
    expect(onTrack.mock.calls).toEqual([["Asked", { n: 1 }]]);
    await act(async () => getByText("withdraw").click());
    expect(container.querySelector("h1")?.textContent).toBe("Welcome");
    expect(container.textContent).toContain("decided consent");
  });

  it("asks where nothing is decided, by the policy's own machine", async () => {
    const { getByText, container } = render(
      <TestPersonalizationProvider
        ruleset={ruleset}
        decisions={{ hero: "returning" }}
        consent="undecided"
        policy={{ version: "1", purposes: ["personalization"] }}
      >
        <ConsentBanner />
        <Page />
      </TestPersonalizationProvider>,
    );
    expect(container.querySelector("h1")?.textContent).toBe("Welcome");
    await act(async () => getByText("Accept all").click());
    expect(container.querySelector("h1")?.textContent).toBe("Good to see you again");
    expect(container.querySelector("[role=dialog]")).toBeNull();
  });
});
