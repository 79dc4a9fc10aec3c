// @vitest-environment jsdom
import { act, cleanup, render } from "@testing-library/react";
import { Profiler, type ReactNode, version } from "react";
import { afterEach, describe, expect, it } from "vitest";
import { testAttune } from "../test/kit.js";
import { PersonalizationProvider, Personalize, useDecision, useSegment, useVariant } from "./index.js";

afterEach(cleanup);

function Value({ slot }: { slot: string }) {
  return <i>{JSON.stringify(useVariant(slot))}</i>;
}
function Variant({ slot }: { slot: string }) {
  return <i>{useDecision(slot).variant}</i>;
}
function Segment({ name }: { name: string }) {
  return <i>{String(useSegment(name))}</i>;
}

describe(`commits, by React's own profiler (${version})`, () => {
  it("one slot's change commits that slot alone", async () => {
    const attune = await testAttune();
    const committed: string[] = [];
    const watched = (id: string, children: ReactNode) => (
      <Profiler key={id} id={id} onRender={(name) => committed.push(name)}>
        {children}
      </Profiler>
    );
    render(
      <PersonalizationProvider attune={attune}>
        {["hero", "cta", "top", "hidden"].flatMap((slot) => [
          watched(`value ${slot}`, <Value slot={slot} />),
          watched(`decision ${slot}`, <Variant slot={slot} />),
          watched(
            `element ${slot}`,
            <Personalize slot={slot}>{(value) => <b>{JSON.stringify(value)}</b>}</Personalize>,
          ),
        ])}
        {watched("segment shoppers", <Segment name="shoppers" />)}
        {watched("segment readers", <Segment name="readers" />)}
      </PersonalizationProvider>,
    );
    committed.length = 0;
    await act(async () => {
      // Many changes of state that decide nothing, then the one that makes a reader.
      for (let i = 0; i < 20; i++) await attune.track("Something Else");
      await attune.page();
    });
    expect(committed).toEqual([]);
    await act(async () => void (await attune.page()));
    expect([...new Set(committed)].sort()).toEqual([
      "decision hero",
      "element hero",
      "segment readers",
      "value hero",
    ]);
  });
});
