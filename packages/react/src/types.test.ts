import { fileURLToPath } from "node:url";
import ts from "typescript";
import { describe, expect, it, vi } from "vitest";

vi.setConfig({ testTimeout: 60_000 });

const root = fileURLToPath(new URL("../../../", import.meta.url));

const files = new Map<string, ts.SourceFile | undefined>();
/** Libraries and sources are parsed once for all programs. */
function parsed(path: string, parse: () => ts.SourceFile | undefined): ts.SourceFile | undefined {
  if (!files.has(path)) files.set(path, parse());
  return files.get(path);
}

/** Messages of the type checker for a program of one host file, with the workspace's own strictness. */
function check(source: string): string[] {
  const file = `${root}packages/react/src/host-under-test.tsx`;
  const { config } = ts.readConfigFile(`${root}tsconfig.json`, (path) => ts.sys.readFile(path)) as {
    config: object;
  };
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files: [] }, ts.sys, root);
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists, readFile } = host;
  options.noUnusedLocals = false;
  host.fileExists = (path) => path === file || fileExists(path);
  host.readFile = (path) => (path === file ? source : readFile(path));
  host.getSourceFile = (path, language, ...rest) =>
    path === file
      ? ts.createSourceFile(path, source, language, true)
      : parsed(path, () => getSourceFile(path, language, ...rest));
  const program = ts.createProgram([file], options, host);
  return ts
    .getPreEmitDiagnostics(program, program.getSourceFile(file))
    .map(
      ({ messageText, start }) =>
        `${source.slice(start, start === undefined ? 0 : start + 30)}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`,
    );
}

const HELPERS = `
  import { defineSlots, Experiment, Personalize, useDecision, useVariant, Variant, type SlotName, type VariantName } from "@attune/react";
  type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
  const same = <A, B>(..._: Equal<A, B> extends true ? [] : ["not the same"]): void => undefined;
`;

describe("types of policies that assign", () => {
  const slot = (policy: string) =>
    check(
      `${HELPERS}
      export const slots = defineSlots({ s: { fallback: "a", variants: { a: { title: "A" }, b: { title: "B" } }, policy: ${policy} } });
      declare module "@attune/react" { interface Register { slots: typeof slots } }
      export type Title = ReturnType<typeof useVariant<"s">>;
      export const name: VariantName<"s"> = NAME;
    `.replace("NAME", policy.includes("factors") ? '"title:long,button:red"' : '"b"'),
    );

  it("take variants of the slot and no others", () => {
    expect(slot('{ type: "bandit", experiment: "e", shares: { a: 0.5, b: 0.5 } }')).toEqual([]);
    expect(slot('{ type: "bandit", experiment: "e", shares: { a: 0.5, c: 0.5 } }')).not.toEqual([]);
    const arm = "{ mean: [0], covariance: [1] }";
    const contextual = (name: string) =>
      `{ type: "contextual", experiment: "e", context: [], arms: { a: ${arm}, ${name}: ${arm} } }`;
    expect(slot(contextual("b"))).toEqual([]);
    expect(slot(contextual("c"))).not.toEqual([]);
    const inner = '{ type: "bandit", experiment: "e", shares: { a: 1 } }';
    expect(
      slot(`{ type: "rules", rules: [{ policy: ${inner} }, { holdouts: ["h"], variant: "b" }] }`),
    ).toEqual([]);
    expect(slot(`{ type: "rules", rules: [{ policy: ${inner} }, { variant: "c" }] }`)).not.toEqual([]);
  });

  it("make up the combinations of factors", () => {
    const factorial =
      '{ type: "factorial", experiment: "e", factors: { title: { short: "Hi", long: "Hello" }, button: { red: 1, blue: 2 } } }';
    expect(slot(factorial)).toEqual([]);
  });
});

describe("types with registered slots", () => {
  const registered = `${HELPERS}
    export const slots = defineSlots({
      hero: { fallback: "plain", variants: { plain: { title: "Hi" }, bold: { title: "Hey", big: true } }, policy: { type: "rules", rules: [] } },
      cta: { fallback: "a", variants: { a: "Buy", b: "Buy now" }, policy: { type: "rules", rules: [{ segment: "x", when: { sessions: { $gte: 2 } }, variant: "b" }] } },
    });
    declare module "@attune/react" {
      interface Register { slots: typeof slots }
    }
    import type { Ruleset } from "@attune/core";
    export const ruleset: Ruleset = { schemaVersion: 1, revision: 1, slots };
  `;

  it("know slots, variants and values", () => {
    const messages = check(`${registered}
      same<SlotName, "hero" | "cta">();
      same<VariantName<"hero">, "plain" | "bold">();
      export function Page() {
        const words = useVariant("cta");
        same<typeof words, "Buy" | "Buy now" | null>();
        const sure = useVariant("cta", "Buy");
        same<typeof sure, "Buy" | "Buy now">();
        const { value } = useDecision("hero");
        const title: string | undefined = value?.title;
        return (
          <>
            {title}
            <Personalize slot="hero">{(hero, decision) => <h1 title={decision.reason}>{hero.title}</h1>}</Personalize>
            <Personalize slot="cta" variants={{ a: <i />, b: <b /> }} />
            <Personalize segment={{ any: ["x"], not: "y" }} fallback="z">w</Personalize>
            <Experiment slot="cta" fallback="a"><Variant name="a">1</Variant><Variant name="b">2</Variant></Experiment>
          </>
        );
      }`);
    expect(messages).toEqual([]);
  });

  it("know the segments", () => {
    const messages = check(`
      import { defineSegments, Personalize, useSegment, type SegmentName } from "@attune/react";
      import type { Ruleset } from "@attune/core";
      export const segments = defineSegments([
        { name: "kitchen-fans", enter: { topCategory: { $in: ["kitchen"] } } },
        { name: "readers", enter: { pagesThisSession: { $gte: 3 } } },
      ]);
      declare module "@attune/react" {
        interface Register { segments: typeof segments }
      }
      export const ruleset: Ruleset = { schemaVersion: 1, revision: 1, segments, slots: {} };
      export const name: SegmentName = "readers";
      export function Page() {
        useSegment("kitchen-fans");
        useSegment({ any: ["readers", { not: "kitchen-fans" }] });
        useSegment("kitchn-fans");
        return <Personalize segment={["readers", "riders"]}>x</Personalize>;
      }`);
    expect(messages).toHaveLength(2);
    expect(messages[0]).toMatch(/kitchn-fans/);
    expect(messages[1]).toMatch(/riders/);
  });

  it.each([
    [
      "a fallback",
      `{ variants: { a: 1 }, fallback: "b", policy: { type: "rules", rules: [] } }`,
      /"is no variant of this slot; there are": "a"/,
    ],
    [
      "a rule",
      `{ variants: { a: 1 }, fallback: "a", policy: { type: "rules", rules: [{ variant: "b" }] } }`,
      /"b".*"a"/s,
    ],
    [
      "a weight",
      `{ variants: { a: 1 }, fallback: "a", policy: { type: "split", experiment: "e", weights: { a: 0.5, b: 0.5 } } }`,
      /^b:/,
    ],
    [
      "a type",
      `{ variants: { a: 1 }, fallback: "a", policy: { type: "ruels", rules: [] } }`,
      /Did you mean '"rules"'/,
    ],
    ["no policy", `{ variants: { a: 1 }, fallback: "a" }`, /'policy' is missing/],
  ])("refuse %s that fits no variant or type", (_, slot, says) => {
    const messages = check(`
      import { defineSlots } from "@attune/react";
      export const slots = defineSlots({ hero: ${slot} });`);
    expect(messages).toHaveLength(1);
    expect(messages[0]).toMatch(says);
  });

  it("tie a variant to its slot where it is named", () => {
    const messages = check(`${registered}
      export const page = (
        <Experiment slot="cta">
          <Variant<"cta"> name="a">1</Variant>
          <Variant<"cta"> name="plain">2</Variant>
        </Experiment>
      );`);
    expect(messages).toHaveLength(1);
    expect(messages[0]).toMatch(/"plain".*"a" \| "b"/s);
  });

  it("know the events and their properties", () => {
    const messages = check(`
      import { useTrack } from "@attune/react";
      import { defineEvents } from "@attune/core/events";
      export const events = defineEvents({ "Wishlist Added": { properties: { product_id: "string", gift: "boolean?" } } });
      declare module "@attune/react" {
        interface Register { events: typeof events }
      }
      export function useWishes(): void {
        const track = useTrack();
        void track("Wishlist Added", { product_id: "p", gift: true }).then(({ status }) => status);
        void track("Product Added", { product_id: "p" });
        void track("Cart Viewed");
        void track("Wishlist Burnt");
        void track("Wishlist Added", { product_id: 3 });
      }`);
    expect(messages).toHaveLength(2);
    expect(messages[0]).toMatch(/Wishlist Burnt.*KnownEventName|Wishlist Burnt.*"Wishlist Added"/s);
    expect(messages[1]).toMatch(/^product_id: 3/);
  });

  it.each([
    ["an unknown slot", `useVariant("her")`, /"her"/],
    ["a fallback of another type", `useVariant("cta", 3)`, /number|3/],
    ["an unknown variant", `<Personalize slot="cta" variants={{ c: null }} />`, /'c'/],
    ["an unknown fallback", `<Experiment slot="cta" fallback="plain">x</Experiment>`, /"plain"/],
    [
      "a function and variants",
      `<Personalize slot="cta" variants={{ a: null }}>{() => null}</Personalize>`,
      /./,
    ],
  ])("refuse %s", (_, expression, message) => {
    const messages = check(`${registered} export function Page() { return ${expression}; }`);
    expect(messages).toHaveLength(1);
    expect(messages[0]).toMatch(message);
  });
});

describe("types without registered slots", () => {
  it("take any name, and the value's type from the caller", () => {
    const messages = check(`${HELPERS}
      import type { JsonValue } from "@attune/core";
      export function Page() {
        const open = useVariant("anything");
        same<typeof open, JsonValue | null>();
        const said = useVariant<{ title: string }>("anything");
        same<typeof said, { title: string } | null>();
        const inferred = useVariant("anything", { title: "x" });
        same<typeof inferred, { title: string }>();
        const words = useVariant("anything", "x");
        same<typeof words, string>();
        return (
          <>
            <Personalize slot="anything" variants={{ whatever: null }} />
            <Personalize slot="anything">{(hero: { title: string }, { value }) => <h1 title={value?.title}>{hero.title}</h1>}</Personalize>
            <Personalize slot="anything">{(value) => JSON.stringify(value satisfies JsonValue)}</Personalize>
          </>
        );
      }`);
    expect(messages).toEqual([]);
  });
});
