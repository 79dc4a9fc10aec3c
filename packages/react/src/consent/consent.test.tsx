// @vitest-environment jsdom
import { type Attune, createAttune, type Environment } from "@attune/core";
import { act, cleanup, fireEvent, render, screen, within } from "@testing-library/react";
import { afterEach, describe, expect, it } from "vitest";
import { testAttune, testEnvironment, testOptions } from "../../test/kit.js";
import { PersonalizationProvider } from "../index.js";
import { ConsentBanner, ConsentPreferences, ConsentSettingsButton, de, en, es, fr } from "./index.js";

afterEach(cleanup);

const show = (attune: Attune) =>
  render(
    <PersonalizationProvider attune={attune}>
      <ConsentBanner policyUrl="/privacy" />
      <ConsentSettingsButton />
    </PersonalizationProvider>,
  );

const click = async (name: string | RegExp): Promise<void> => {
  await act(async () => {
    fireEvent.click(screen.getByRole("button", { name }));
  });
};
const banner = (): HTMLElement | null => screen.queryByRole("dialog");
const granted = (attune: Attune): string[] =>
  Object.entries(attune.consent.state.grants).flatMap(([purpose, yes]) => (yes ? [purpose] : []));
const withGpc = (): Environment => ({ ...testEnvironment(), privacy: { gpc: true } });

describe("T26 the banner", () => {
  it("asks only where something needs asking, and names every purpose it asks for", async () => {
    const attune = await testAttune({
      granted: false,
      consent: { policy: { version: "1", purposes: ["analytics", "personalization"] } },
    });
    show(attune);
    const text = banner()?.textContent ?? "";
    expect(text).toContain(en.purposes.analytics.name);
    expect(text).toContain(en.purposes.personalization.name);
    expect(text).not.toContain(en.purposes.advertising.name);
    expect(screen.getByRole("link", { name: en.policy }).getAttribute("href")).toBe("/privacy");
    await click(en.rejectAll);
    expect(banner()).toBeNull();
  });

  it("offers both answers at once, one click each, as the same kind of button, reject first", async () => {
    const attune = await testAttune({ granted: false });
    show(attune);
    const reject = screen.getByRole("button", { name: en.rejectAll });
    const accept = screen.getByRole("button", { name: en.acceptAll });
    expect(reject.className).toBe(accept.className);
    expect(reject.nextElementSibling).toBe(accept);
    expect(reject.getAttribute("style")).toBe(accept.getAttribute("style"));
    await click(en.acceptAll);
    expect(granted(attune)).toHaveLength(5);
    expect(attune.consent.receipt()?.source).toBe("banner");
    expect(banner()).toBeNull();
  });

  it("withdraws in two clicks", async () => {
    const attune = await testAttune();
    show(attune);
    expect(banner()).toBeNull();
    await click(en.settings);
    await click(en.rejectAll);
    expect(granted(attune)).toEqual(["necessary"]);
    expect(banner()).toBeNull();
  });

  it("takes the second click of a double click for no answer, and one by keyboard for what it is", async () => {
    const attune = await testAttune();
    const { revision } = attune.consent.state;
    show(attune);
    await click(en.settings);
    for (const name of [en.acceptAll, en.rejectAll, en.save]) {
      await act(async () => void fireEvent.click(screen.getByRole("button", { name }), { detail: 2 }));
      expect(attune.consent.state.revision).toBe(revision);
      expect(banner()).not.toBeNull();
    }
    await act(
      async () => void fireEvent.click(screen.getByRole("button", { name: en.rejectAll }), { detail: 0 }),
    );
    expect(granted(attune)).toEqual(["necessary"]);
  });

  it("has no purpose switched on beforehand where consent is needed, and saves what was chosen", async () => {
    const attune = await testAttune({ granted: false });
    show(attune);
    expect(screen.queryAllByRole("checkbox")).toEqual([]);
    await click(en.choose);
    expect(screen.queryByRole("button", { name: en.choose })).toBeNull();
    expect(document.activeElement).toBe(screen.getByRole("group", { name: en.purposesLabel }));
    const boxes = screen.getAllByRole<HTMLInputElement>("checkbox");
    expect(boxes.map((box) => [box.value, box.checked, box.disabled])).toEqual([
      ["necessary", true, true],
      ["analytics", false, false],
      ["personalization", false, false],
      ["marketing", false, false],
      ["advertising", false, false],
    ]);
    const personal = screen.getByRole("checkbox", { name: en.purposes.personalization.name });
    expect(document.getElementById(personal.getAttribute("aria-describedby") ?? "")?.textContent).toContain(
      en.purposes.personalization.description,
    );
    fireEvent.click(personal);
    await click(en.save);
    expect(granted(attune)).toEqual(["necessary", "personalization"]);
    expect(attune.consent.receipt()?.revision).toBe(1);
    expect(banner()).toBeNull();
  });

  it("changes single purposes later without clearing what stays allowed", async () => {
    const attune = await testAttune();
    const { id } = attune.visitor() ?? { id: null };
    show(attune);
    await click(en.settings);
    fireEvent.click(screen.getByRole("checkbox", { name: en.purposes.advertising.name }));
    await click(en.save);
    expect(granted(attune)).toEqual(["necessary", "analytics", "personalization", "marketing"]);
    expect(attune.visitor()?.id).toBe(id);
    await click(en.settings);
    for (const name of ["analytics", "personalization", "marketing", "advertising"] as const) {
      fireEvent.click(screen.getByRole("checkbox", { name: en.purposes[name].name }));
    }
    await click(en.save);
    expect(granted(attune)).toEqual(["necessary", "advertising"]);
  });

  it("says in the settings what holds, not what it would like, and has a close button with a name", async () => {
    const attune = await testAttune();
    show(attune);
    await click(en.settings);
    const dialog = banner() as HTMLElement;
    expect(dialog.textContent).toContain(en.change);
    expect(dialog.textContent).not.toContain(en.ask["opt-in"]);
    expect(within(dialog).queryByRole("button", { name: en.choose })).toBeNull();
    const { revision } = attune.consent.state;
    await click(en.close);
    expect(banner()).toBeNull();
    expect(attune.consent.state.revision).toBe(revision);
  });

  it("takes the focus only when the visitor opens it, gives it back, and leaves on Escape without a decision", async () => {
    const attune = await testAttune();
    show(attune);
    const button = screen.getByRole("button", { name: en.settings });
    button.focus();
    await click(en.settings);
    const dialog = banner() as HTMLElement;
    expect(dialog.contains(document.activeElement)).toBe(true);
    expect(document.getElementById(dialog.getAttribute("aria-labelledby") ?? "")).toBe(
      document.activeElement,
    );
    const revision = attune.consent.state.revision;
    await act(async () => void fireEvent.keyDown(dialog, { key: "Escape" }));
    expect(banner()).toBeNull();
    expect(document.activeElement).toBe(button);
    expect(attune.consent.state.revision).toBe(revision);
  });

  it("cannot be dismissed without an answer while it asks", async () => {
    const attune = await testAttune({ granted: false });
    show(attune);
    await act(async () => void fireEvent.keyDown(banner() as HTMLElement, { key: "Escape" }));
    expect(banner()).not.toBeNull();
    expect(within(banner() as HTMLElement).queryByRole("button", { name: en.close })).toBeNull();
  });
});

describe("T28 Global Privacy Control", () => {
  it("is shown with what it keeps off, and those switches are locked", async () => {
    const attune = await testAttune({ granted: false, environment: withGpc() });
    show(attune);
    expect(banner()?.textContent).toContain(en.gpc);
    await click(en.choose);
    const locked = screen.getAllByRole<HTMLInputElement>("checkbox").filter((box) => box.disabled);
    expect(locked.map((box) => [box.value, box.checked])).toEqual([
      ["necessary", true],
      ["marketing", false],
      ["advertising", false],
    ]);
    await click(en.acceptAll);
    expect(granted(attune)).toEqual(["necessary", "analytics", "personalization"]);
  });

  it("is not mentioned where it is not sent", async () => {
    show(await testAttune({ granted: false }));
    expect(banner()?.textContent).not.toContain("Global Privacy Control");
  });
});

describe("the preferences", () => {
  it("show what holds, save, and say so", async () => {
    const attune = await testAttune();
    render(
      <PersonalizationProvider attune={attune}>
        <ConsentPreferences messages={de} />
      </PersonalizationProvider>,
    );
    const box = screen.getByRole<HTMLInputElement>("checkbox", { name: de.purposes.analytics.name });
    expect(box.checked).toBe(true);
    fireEvent.click(box);
    await click(de.save);
    expect(granted(attune)).toEqual(["necessary", "personalization", "marketing", "advertising"]);
    expect(attune.consent.receipt()?.source).toBe("preferences");
    const status = screen.getByRole("status");
    expect(status.textContent).toBe(de.saved);
    const said = status.firstChild;
    await click(de.rejectAll);
    // Said again, in words that were put in anew.
    expect(status.textContent).toBe(de.saved);
    expect(status.firstChild).not.toBe(said);
    expect(screen.getByRole<HTMLInputElement>("checkbox", { name: de.purposes.marketing.name }).checked).toBe(
      false,
    );
  });
});

describe("T26 switches that were shown before the engine knew where it is", () => {
  const regions = { DE: "opt-in" } as const;
  const open = (region: string, mode: "opt-in" | "opt-out") =>
    createAttune(
      testOptions({
        environment: { ...testEnvironment(), privacy: { region, gpc: false } },
        consent: { policy: { version: "1", mode, regions: { ...regions, US: "opt-out" } } },
      }),
    );
  const boxes = (): boolean[] =>
    screen
      .getAllByRole<HTMLInputElement>("checkbox")
      .filter(({ value }) => value !== "necessary")
      .map(({ checked }) => checked);

  it.each([
    ["DE", "opt-out", false],
    ["US", "opt-in", true],
  ] as const)("show what holds in %s under a policy of %s", async (region, mode, on) => {
    const attune = open(region, mode);
    render(
      <PersonalizationProvider attune={attune}>
        <ConsentPreferences />
      </PersonalizationProvider>,
    );
    // The provider starts it after the first render.
    await act(() => attune.ready());
    expect(new Set(boxes())).toEqual(new Set([on]));
    await click(en.save);
    expect(attune.consent.state.grants.analytics).toBe(on);
  });
});

describe("message catalogues", () => {
  const shape = (value: unknown): unknown =>
    typeof value === "object" && value !== null
      ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shape(inner)]))
      : typeof value === "string" && value.trim().length > 1;

  it.each([de, fr, es])("$lang says everything that English says, in other words", (messages) => {
    expect(shape(messages)).toEqual(shape(en));
    expect(messages.rejectAll).not.toBe(en.rejectAll);
    expect(messages.title).not.toBe(en.title);
  });

  it("French breaks no line before a colon or a semicolon", () => {
    expect(JSON.stringify(fr)).toMatch(/\u00a0[;:]/);
    expect(JSON.stringify(fr)).not.toMatch(/ [;:!?]/);
  });
});
