// @vitest-environment jsdom
import type { Attune } from "@attune/core";
import { describePolicy, policyDe, policyEn, policyEs, policyFr } from "@attune/core/policy";
import { act, cleanup, fireEvent, render, screen, within } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { testAttune } from "../../../test/kit.js";
import { PersonalizationProvider } from "../../index.js";
import {
  ConsentGate,
  de,
  en,
  es,
  fr,
  type PrivacyBackEnd,
  PrivacyCenter,
  privacyDe,
  privacyEn,
  privacyEs,
  privacyFr,
  PrivacyPolicy,
} from "../index.js";

afterEach(cleanup);

/** jsdom has no `text` of blobs. */
const read = (blob: Blob): Promise<string> =>
  new Promise((resolve) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.readAsText(blob);
  });

const files: { name: string; text: Promise<string> }[] = [];
beforeEach(() => {
  files.length = 0;
  const blobs = new Map<string, Blob>();
  URL.createObjectURL = (blob) => {
    blobs.set(`blob:${blobs.size}`, blob as Blob);
    return `blob:${blobs.size - 1}`;
  };
  URL.revokeObjectURL = () => undefined;
  // What jsdom cannot do is to save.
  HTMLAnchorElement.prototype.click = function () {
    files.push({ name: this.download, text: read(blobs.get(this.href) as Blob) });
  };
});

async function show(attune: Attune, backEnd?: PrivacyBackEnd): Promise<void> {
  await act(async () => {
    render(
      <PersonalizationProvider attune={attune}>
        <PrivacyCenter {...(backEnd && { backEnd })} />
      </PersonalizationProvider>,
    );
  });
}
const click = async (name: string): Promise<void> => {
  await act(async () => void fireEvent.click(screen.getByRole("button", { name })));
};
const statuses = (): string[] =>
  screen.getAllByRole("status").flatMap(({ textContent }) => (textContent ? [textContent] : []));

async function known(): Promise<Attune> {
  const attune = await testAttune();
  await attune.identify("user-7", { plan: "gold" });
  await attune.track("Product Viewed", { product_id: "hat-1" });
  return attune;
}

describe("the privacy centre", () => {
  it("shows what is held, and that nothing is where nothing is", async () => {
    const attune = await known();
    await show(attune);
    const center = screen.getByRole("region", { name: privacyEn.title });
    const visitor = attune.visitor()?.id as string;
    for (const text of [visitor, "user-7", "plan: gold"]) expect(within(center).getByText(text)).toBeTruthy();
    await click(en.rejectAll);
    expect(within(center).queryByText(visitor)).toBeNull();
    expect(within(center).getByText(privacyEn.held.nothing)).toBeTruthy();
  });

  it("leaves the choices to a platform that the host has", async () => {
    const attune = await known();
    render(
      <PersonalizationProvider attune={attune}>
        <PrivacyCenter choices={<button type="button">Open our platform</button>} />
      </PersonalizationProvider>,
    );
    expect(await screen.findByRole("button", { name: "Open our platform" })).toBeTruthy();
    expect(screen.queryByRole("button", { name: en.rejectAll })).toBeNull();
  });

  it("T26 withdraws in one click", async () => {
    const attune = await known();
    await show(attune);
    await click(en.rejectAll);
    expect(Object.values(attune.consent.state.grants).filter(Boolean)).toHaveLength(1);
    expect(attune.consent.receipt()?.source).toBe("preferences");
  });

  it("gives everything as a file: what is on the device, and what the back end says it holds", async () => {
    const attune = await known();
    await show(attune, { export: async () => ({ events: ["from the server"] }) });
    await click(privacyEn.take.button);
    expect(files.map(({ name }) => name)).toEqual(["my-data.json"]);
    const { device, server } = JSON.parse((await files[0]?.text) ?? "") as Record<string, unknown>;
    expect(device).toMatchObject({ format: "attune-visitor", visitor: { userId: "user-7" } });
    expect(server).toEqual({ events: ["from the server"] });
    expect(statuses()).toEqual([privacyEn.take.done]);
  });

  it("gives the device's part where the back end does not answer, and says so", async () => {
    await show(await known(), { export: () => Promise.reject(new Error("503")) });
    await click(privacyEn.take.button);
    expect(files).toHaveLength(1);
    expect(statuses()).toEqual([privacyEn.take.partly]);
  });

  it("deletes after one question: the back end first, then here", async () => {
    const attune = await known();
    const before = attune.visitor()?.id;
    const order: string[] = [];
    await show(attune, {
      erase: async () =>
        void order.push(`erased while ${attune.visitor()?.id === before ? "known" : "gone"}`),
    });
    await click(privacyEn.erase.button);
    const question = screen.getByRole("group", { name: privacyEn.erase.confirm });
    expect(document.activeElement).toBe(question);
    await act(async () => void fireEvent.keyDown(question, { key: "Escape" }));
    expect(document.activeElement).toBe(screen.getByRole("button", { name: privacyEn.erase.button }));
    expect(order).toEqual([]);
    await click(privacyEn.erase.button);
    await click(privacyEn.erase.yes);
    expect(order).toEqual(["erased while known"]);
    expect(attune.visitor()?.id).not.toBe(before);
    expect(attune.visitor()?.userId).toBeUndefined();
    expect(statuses()).toEqual([privacyEn.erase.done]);
    expect(screen.queryByText("user-7")).toBeNull();
  });

  it("forgets nothing where the back end fails, so that it can be tried again", async () => {
    const attune = await known();
    const before = attune.visitor()?.id;
    await show(attune, { erase: () => Promise.reject(new Error("503")) });
    await click(privacyEn.erase.button);
    await click(privacyEn.erase.yes);
    expect(attune.visitor()?.id).toBe(before);
    expect(statuses()).toEqual([privacyEn.erase.failed]);
  });

  const shape = (value: unknown): unknown =>
    typeof value === "object" && value !== null
      ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shape(inner)]))
      : typeof value === "string" && value.trim().length > 1;

  it.each([privacyDe, privacyFr, privacyEs])("says everything in $lang, in other words", (messages) => {
    expect(shape(messages)).toEqual(shape(privacyEn));
    expect(messages.title).not.toBe(privacyEn.title);
    expect(JSON.stringify(privacyFr)).not.toMatch(/ [;:!?]/);
  });
});

describe("the consent gate", () => {
  const gate = (
    <ConsentGate purposes={["marketing", "analytics"]} fallback={<p>Not without you</p>}>
      <p>Map of others</p>
    </ConsentGate>
  );
  const inPage = (attune: Attune) => (
    <PersonalizationProvider attune={attune}>{gate}</PersonalizationProvider>
  );

  it("mounts under consent for every purpose, and takes away on withdrawal", async () => {
    const attune = await testAttune({ granted: false });
    render(inPage(attune));
    expect(screen.queryByText("Map of others")).toBeNull();
    await act(() => attune.consent.grant(["marketing"]));
    expect(screen.getByText("Not without you")).toBeTruthy();
    await act(() => attune.consent.grant(["analytics"]));
    expect(screen.getByText("Map of others")).toBeTruthy();
    await act(() => attune.consent.withdraw(["marketing"]));
    expect(screen.queryByText("Map of others")).toBeNull();
  });

  it("mounts nothing before this device's refusal is known, also where the region allows until refused", async () => {
    const { renderToString } = await import("react-dom/server");
    const attune = await testAttune({
      granted: false,
      consent: { policy: { version: "1", mode: "opt-out" } },
    });
    expect(renderToString(inPage(attune))).toContain("Not without you");
    render(inPage(attune));
    expect(screen.getByText("Map of others")).toBeTruthy();
  });
});

describe("the policy", () => {
  const input = {
    consent: { version: "1" },
    controller: { name: "<b>Hats</b> Ltd", contact: "privacy@hats.example" },
  };

  it("stands under its headings, as text", () => {
    const { container } = render(<PrivacyPolicy document={describePolicy(input)} level={1} />);
    expect(screen.getByRole("heading", { level: 1, name: policyEn.title })).toBeTruthy();
    expect(screen.getByRole("heading", { level: 2, name: policyEn.rights.heading })).toBeTruthy();
    expect(container.textContent).toContain("<b>Hats</b> Ltd runs this site");
    expect(container.querySelector("#purpose-analytics li")?.textContent).toBe(
      policyEn.groups.recorded.pages,
    );
    expect(screen.getByRole("rowheader", { name: "attune-visitor" })).toBeTruthy();
  });

  it("calls the purposes by the names that the banner has for them", () => {
    for (const [banner, policy] of [
      [en, policyEn],
      [de, policyDe],
      [fr, policyFr],
      [es, policyEs],
    ] as const)
      expect(policy.purposes).toEqual(banner.purposes);
  });
});
