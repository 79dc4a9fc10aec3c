// @vitest-environment jsdom
import type { Attune } from "@attune/core";
import { act, cleanup, render } from "@testing-library/react";
import { type ReactNode, StrictMode } from "react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { testAttune } from "../test/kit.js";
import { fakeViewport } from "../test/viewport.js";
import {
  Experiment,
  PersonalizationProvider,
  Personalize,
  useExposure,
  useVariant,
  Variant,
} from "./index.js";

let viewport: ReturnType<typeof fakeViewport>;
beforeEach(() => {
  viewport = fakeViewport();
});
afterEach(() => {
  cleanup();
  viewport.remove();
});

const show = (attune: Attune, children: ReactNode) =>
  render(
    <StrictMode>
      <PersonalizationProvider attune={attune}>{children}</PersonalizationProvider>
    </StrictMode>,
  );

const becomeReader = (attune: Attune): Promise<void> =>
  act(async () => {
    await attune.page();
    await attune.page();
  });

const hero = (
  <Personalize slot="hero" fallback={<h1>Hello</h1>}>
    {(value: { title: string }, decision) => <h1 data-variant={decision.variant}>{value.title}</h1>}
  </Personalize>
);

const cta = (
  <Experiment slot="cta">
    <Variant name="a">
      <button type="button">Buy</button>
    </Variant>
    <Variant name="b">
      <button type="button">Buy now</button>
    </Variant>
  </Experiment>
);

describe("Personalize", () => {
  it("by slot: the fallback until the visitor is personalised, then the value", async () => {
    const attune = await testAttune();
    const { container } = show(attune, hero);
    expect(container.textContent).toBe("Hello");
    await becomeReader(attune);
    expect(container.textContent).toBe("Good to see you again");
    expect(container.querySelector("h1")?.dataset.variant).toBe("returning");
  });

  it("by slot, without a fallback: the ruleset's own", async () => {
    const attune = await testAttune();
    const { container } = show(
      attune,
      <Personalize slot="hero">{({ title }: { title: string }) => <h1>{title}</h1>}</Personalize>,
    );
    expect(container.textContent).toBe("Welcome");
  });

  it("by slot, unknown: the fallback or nothing", async () => {
    const attune = await testAttune();
    const { container } = show(
      attune,
      <>
        <Personalize slot="nowhere" fallback={<i>x</i>}>
          {() => <b>never</b>}
        </Personalize>
        <Personalize slot="nowhere">{() => <b>never</b>}</Personalize>
      </>,
    );
    expect(container.innerHTML).toBe(
      '<span data-attune-slot="nowhere" style="display: contents;"><i>x</i></span>',
    );
  });

  it("by elements", async () => {
    const attune = await testAttune();
    const { container } = show(
      attune,
      <>
        <Personalize slot="hero" variants={{ plain: <p>plain</p>, returning: <p>again</p> }} />
        <Personalize slot="cta" variants={{ a: <p>a</p> }} fallback={<p>none</p>} />
      </>,
    );
    expect(container.textContent).toBe("plainnone");
    await becomeReader(attune);
    expect(container.textContent).toBe("againnone");
    expect(viewport.watched()).toHaveLength(1);
  });

  it("by segment, with no element of its own", async () => {
    const attune = await testAttune();
    const { container } = show(
      attune,
      <Personalize segment={{ all: ["readers"], not: "shoppers" }} fallback={<i>new</i>}>
        <b>reader</b>
      </Personalize>,
    );
    expect(container.innerHTML).toBe("<i>new</i>");
    await becomeReader(attune);
    expect(container.innerHTML).toBe("<b>reader</b>");
    expect(viewport.watched()).toEqual([]);
  });

  it("has no box unless asked for one", async () => {
    const attune = await testAttune();
    const { container } = show(
      attune,
      <Personalize slot="cta" as="section" className="offer">
        {(value) => <p>{String(value)}</p>}
      </Personalize>,
    );
    expect(container.innerHTML).toBe(
      '<section data-attune-slot="cta" class="offer"><p>Buy now</p></section>',
    );
  });
});

describe("Experiment", () => {
  it("shows the variant that was decided", async () => {
    const { container } = show(await testAttune(), cta);
    expect(container.textContent).toBe("Buy now");
  });

  it("shows the first variant where nothing is known, or the one named as fallback", async () => {
    const { container } = show(
      await testAttune(),
      <>
        <Experiment slot="nowhere">
          <Variant name="a">first</Variant>
          <Variant name="b">second</Variant>
        </Experiment>
        <Experiment slot="nowhere" fallback="b">
          <Variant name="a">first</Variant>
          <Variant name="b">second</Variant>
        </Experiment>
      </>,
    );
    expect(container.textContent).toBe("firstsecond");
    expect(viewport.watched()).toEqual([]);
  });

  it("shows the fallback, and counts nothing, where it has no variant of the name that was decided", async () => {
    const attune = await testAttune();
    const rendered = vi.spyOn(attune, "rendered");
    const { container } = show(
      attune,
      <>
        <Experiment slot="cta">
          <Variant name="a">first</Variant>
          <>
            <Variant name="c">third</Variant>
          </>
        </Experiment>
        <Experiment slot="cta" fallback="c" as="div">
          <Variant name="a">first</Variant>
          <Variant name="c">third</Variant>
        </Experiment>
      </>,
    );
    expect(attune.decide("cta").variant).toBe("b");
    expect(container.textContent).toBe("firstthird");
    expect(rendered).not.toHaveBeenCalled();
    expect(viewport.watched()).toEqual([]);
  });

  it("leaves it to what is the host's own whether the variant is in it", async () => {
    const Buttons = (): ReactNode => (
      <>
        <Variant name="a">first</Variant>
        <Variant name="b">second</Variant>
      </>
    );
    const { container } = show(
      await testAttune(),
      <Experiment slot="cta">
        <Buttons />
      </Experiment>,
    );
    expect(container.textContent).toBe("second");
  });

  it("is exposed once, only when visible, also under StrictMode", async () => {
    const attune = await testAttune();
    const expose = vi.spyOn(attune, "expose");
    const { container } = show(attune, cta);
    const button = container.querySelector("button") as Element;
    expect(viewport.watched()).toEqual([button]);
    expect(expose).not.toHaveBeenCalled();
    await act(async () => viewport.show(button));
    expect(expose.mock.calls.map(([slot]) => slot)).toEqual(["cta"]);
    expect(viewport.watched()).toEqual([]);
    await becomeReader(attune);
    expect(expose).toHaveBeenCalledTimes(1);
    expect((await attune.export()).exposures.filter((key) => key.includes("cta"))).toHaveLength(2);
  });
});

describe("what is in the page", () => {
  it("is told once it is committed, seen or not, and never of what fails as it renders", async () => {
    const attune = await testAttune();
    const rendered = vi.spyOn(attune, "rendered");
    show(attune, cta);
    expect(new Set(rendered.mock.calls.map(([slot, shown]) => `${slot} ${shown?.variant}`))).toEqual(
      new Set([`cta ${attune.decide("cta").variant}`]),
    );
    rendered.mockClear();
    const Broken = (): ReactNode => {
      throw new Error("broken");
    };
    const silent = vi.spyOn(console, "error").mockImplementation(() => undefined);
    const broken = (
      <Experiment slot="cta">
        <Variant name="a">
          <Broken />
        </Variant>
        <Variant name="b">
          <Broken />
        </Variant>
      </Experiment>
    );
    expect(() => show(attune, broken)).toThrow("broken");
    silent.mockRestore();
    expect(rendered).not.toHaveBeenCalled();
  });
});

describe("exposures", () => {
  it("are watched for again when the device has another visitor", async () => {
    const attune = await testAttune();
    const expose = vi.spyOn(attune, "expose");
    const { container } = show(attune, cta);
    const look = () => act(async () => viewport.show(container.querySelector("button") as Element));
    await look();
    await act(async () => void (await attune.reset()));
    await look();
    expect(expose.mock.calls.map(([slot]) => slot)).toEqual(["cta", "cta"]);
  });

  it("are watched for again when the visitor logs in", async () => {
    const attune = await testAttune();
    const expose = vi.spyOn(attune, "expose");
    const { container } = show(attune, cta);
    const look = () => act(async () => viewport.show(container.querySelector("button") as Element));
    await look();
    await act(async () => void (await attune.identify("user-1")));
    await look();
    expect(expose.mock.calls.map(([slot]) => slot)).toEqual(["cta", "cta"]);
  });

  it("are none for what is shown because of consent; granting makes it one", async () => {
    const attune = await testAttune({ granted: false });
    const expose = vi.spyOn(attune, "expose");
    const { container } = show(
      attune,
      <Experiment slot="cta">
        <Variant name="a">
          <p>a</p>
        </Variant>
        <Variant name="b">
          <p>b</p>
        </Variant>
      </Experiment>,
    );
    expect(container.textContent).toBe("a");
    expect(viewport.watched()).toEqual([]);
    await act(() => attune.consent.grant("all"));
    expect(container.textContent).toBe("b");
    await act(async () => viewport.show(container.querySelector("p") as Element));
    expect(expose.mock.calls.map(([slot]) => slot)).toEqual(["cta"]);
  });

  it("are told again where consent comes to cover more while they are shown", async () => {
    const attune = await testAttune({ granted: false });
    await attune.consent.grant(["personalization"]);
    const expose = vi.spyOn(attune, "expose");
    const { container } = show(attune, cta);
    const look = () => act(async () => viewport.show(container.querySelector("button") as Element));
    await look();
    await act(() => attune.consent.grant(["analytics"]));
    expect(viewport.watched()).toHaveLength(1);
    await look();
    expect(expose.mock.calls.map(([slot]) => slot)).toEqual(["cta", "cta"]);
  });

  it("look through nested slots, and at the box around bare text", async () => {
    const attune = await testAttune();
    const { container } = show(
      attune,
      <>
        <h1>
          <Personalize slot="cta">{(value) => String(value)}</Personalize>
        </h1>
        <Personalize slot="cta">
          {() => <Personalize slot="cta">{(value) => <p>{String(value)}</p>}</Personalize>}
        </Personalize>
      </>,
    );
    const [h1, p] = [container.querySelector("h1"), container.querySelector("p")];
    expect(new Set(viewport.watched())).toEqual(new Set([h1, p]));
  });

  it("follow content that comes later, and stop when it goes", async () => {
    const attune = await testAttune();
    const expose = vi.spyOn(attune, "expose");
    let add: (text: string) => void = () => undefined;
    const { container, unmount } = show(
      attune,
      <Personalize slot="cta">
        {() => (
          <span
            style={{ display: "contents" }}
            ref={(element) => void (add = (text) => element?.insertAdjacentHTML("beforeend", text))}
          />
        )}
      </Personalize>,
    );
    expect(viewport.watched()).toEqual([]);
    await act(async () => add("<p>late</p>"));
    const late = container.querySelector("p") as Element;
    expect(viewport.watched()).toEqual([late]);
    await act(async () => late.remove());
    expect(viewport.watched()).toEqual([]);
    await act(async () => add("<p>later</p>"));
    expect(viewport.watched()).toHaveLength(1);
    unmount();
    expect(viewport.watched()).toEqual([]);
    expect(expose).not.toHaveBeenCalled();
  });

  it("work with hooks through a ref", async () => {
    const attune = await testAttune();
    const expose = vi.spyOn(attune, "expose");
    function Button() {
      return <button ref={useExposure("cta")}>{useVariant("cta", "Buy")}</button>;
    }
    const { container } = show(attune, <Button />);
    await act(async () => viewport.show(container.querySelector("button") as Element));
    expect(expose.mock.calls.map(([slot]) => slot)).toEqual(["cta"]);
  });
});
