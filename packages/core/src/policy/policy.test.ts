import { describe, expect, it } from "vitest";
import { COOKIE_MS } from "../engine/visitor-traces.js";
import { defineEvents } from "../events/index.js";
import { FEATURES } from "../state/index.js";
import { TOKEN_MS } from "../service/access/visitor-tokens.js";
import { COOKIE_DAYS, TOKEN_DAYS } from "./describe-policy.js";
import {
  describePolicy,
  policyDe,
  type PolicyDocument,
  policyEn,
  policyEs,
  policyFr,
  type PolicyInput,
  policyMarkdown,
} from "./index.js";

const events = defineEvents({
  "Quote Requested": {
    purposes: ["analytics"],
    properties: { product: "string", phone: { type: "string?", sensitive: true } },
  },
  "Newsletter Opened": { purposes: ["marketing"] },
});
const input: PolicyInput = {
  consent: { version: "1", purposes: ["analytics", "personalization", "marketing"] },
  events,
  controller: { name: "Hats Ltd", contact: "privacy@hats.example" },
};
const sections = ({ sections: all }: PolicyDocument) => Object.fromEntries(all.map((one) => [one.id, one]));
const textOf = (document: PolicyDocument, id: string): string =>
  JSON.stringify(sections(document)[id] ?? null);

describe("the plain-language policy", () => {
  it("has a section for each purpose that is asked for, and says under it what is recorded and worked out", () => {
    const document = describePolicy(input);
    expect(Object.keys(sections(document))).toEqual([
      "responsible",
      "choice",
      "purpose-necessary",
      "purpose-analytics",
      "purpose-personalization",
      "purpose-marketing",
      "device",
      "kept",
      "never",
      "rights",
    ]);
    expect(textOf(document, "responsible")).toContain("Hats Ltd");
    const { recorded, learned } = policyEn.groups;
    const analytics = textOf(document, "purpose-analytics");
    expect(analytics).toContain(recorded.pages);
    expect(analytics).toContain("“Quote Requested”, with: product, phone (encrypted)");
    expect(analytics).toContain(policyEn.campaign);
    expect(analytics).not.toContain(policyEn.learned);
    const personal = textOf(document, "purpose-personalization");
    expect(personal).toContain(learned.visits);
    expect(personal).not.toContain("Quote Requested");
    expect(textOf(document, "purpose-marketing")).toContain("“Newsletter Opened”");
    expect(textOf(document, "purpose-necessary")).toContain(recorded.choice);
  });

  it("speaks of carts and orders only where there are any", () => {
    expect(textOf(describePolicy(input), "purpose-personalization")).not.toContain(
      policyEn.groups.learned.cart,
    );
    const shop = describePolicy({ ...input, known: ["Product Viewed", "Product Added", "Order Completed"] });
    const personal = textOf(shop, "purpose-personalization");
    for (const text of [
      policyEn.groups.learned.cart,
      policyEn.groups.learned.orders,
      policyEn.groups.recorded.cart,
    ])
      expect(personal).toContain(text);
  });

  it("follows the declaration: modes, Global Privacy Control, how long, where, with whom, in whose words", () => {
    const there = (over: Partial<PolicyInput>) => describePolicy({ ...input, ...over });
    expect(textOf(there({}), "choice")).toContain(policyEn.choice["opt-in"]);
    const mixed = there({ consent: { ...input.consent, regions: { "US-CA": "opt-out" } } });
    expect(textOf(mixed, "choice")).toContain(policyEn.choice.both);
    expect(textOf(mixed, "choice")).toContain("stay off: Our own marketing.");
    expect(textOf(mixed, "choice")).toContain("for 6 months");
    const long = there({ consent: { ...input.consent, expiresAfterMs: 365 * 86_400_000, gpcDenies: [] } });
    expect(textOf(long, "choice")).toContain("for 12 months");
    expect(textOf(long, "choice")).not.toContain("Global Privacy Control");
    expect(textOf(there({ retentionMs: 30 * 86_400_000 }), "kept")).toContain("deleted 30 days after");
    const device = textOf(there({ site: "shop", cookies: { visitor: "v" } }), "device");
    for (const name of ['"attune-consent"', '"v"', '"attune-shop"', "13 months"])
      expect(device).toContain(name);
    expect(device).toContain('"attune_visitor.shop"');
    expect(textOf(there({}), "device")).toContain('"attune_visitor"');
    expect(device).toContain("6 months");
    expect(device).not.toContain("attune-variants");
    const other = textOf(there({ serverCookie: false, overrides: true }), "device");
    expect(other).not.toContain("attune_visitor");
    expect(other).toContain('"attune-variants"');
    const bare = there({ consent: { version: "1", purposes: ["marketing"] } });
    expect(textOf(bare, "device")).not.toContain("attune-visitor");
    expect(textOf(there({ recipients: { marketing: ["Mail Inc"] } }), "purpose-marketing")).toContain(
      "Mail Inc",
    );
    expect(
      textOf(there({ words: { "Quote Requested": "That you ask for a quote" } }), "purpose-analytics"),
    ).toContain("That you ask for a quote");
    expect(COOKIE_DAYS * 86_400_000).toBe(COOKIE_MS);
    expect(TOKEN_DAYS * 86_400_000).toBe(TOKEN_MS);
  });

  it("names every feature that it does not know a group of, with its description", () => {
    const features = [
      ...FEATURES,
      { name: "astrology", description: "The sign you were born under.", purposes: ["analytics"] as const },
    ];
    expect(textOf(describePolicy({ ...input, features }), "purpose-analytics")).toContain(
      "The sign you were born",
    );
  });

  it.each([policyDe, policyFr, policyEs])("says everything in $lang, in other words", (messages) => {
    const shape = (value: unknown): unknown =>
      typeof value === "object" && value !== null
        ? Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shape(inner)]))
        : (String(value).match(/\{\w+\}/g) ?? []).sort().join();
    expect(shape(messages)).toEqual(shape(policyEn));
    const document = describePolicy(input, messages);
    expect(document.sections.map(({ id }) => id)).toEqual(describePolicy(input).sections.map(({ id }) => id));
    expect(JSON.stringify(document)).not.toMatch(/\{\w+\}/);
    expect(document.title).not.toBe(policyEn.title);
  });
});

describe("its Markdown", () => {
  it("has headings, lists and tables", () => {
    const text = policyMarkdown(describePolicy(input));
    expect(text).toMatch(/^# What this site does with your data\n\n## Who is responsible\n\n/);
    expect(text).toContain(`**What is recorded**\n\n- ${policyEn.groups.recorded.pages}\n`);
    expect(text).toContain("| What | What for | How long |\n| --- | --- | --- |\n| attune-consent | ");
  });

  it("lets nothing that is filled in become markup, or end its line", () => {
    const hostile = "<img src=x onerror=alert(1)> [a](javascript:x) **b** | c\n\n# d";
    const text = policyMarkdown(
      describePolicy({
        ...input,
        controller: { name: hostile, contact: "{name}" },
        recipients: { marketing: ["- nested", "1. first"] },
      }),
    );
    expect(text).toContain(
      "\\<img src=x onerror=alert(1)\\> \\[a\\](javascript:x) \\*\\*b\\*\\* \\| c \\# d runs",
    );
    expect(text).toContain("at: \\{name\\}");
    expect(text).toContain("- \\- nested\n- 1\\. first");
    expect(text.split("\n").filter((line) => line.startsWith("# "))).toHaveLength(1);
  });
});
