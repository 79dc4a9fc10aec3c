import { join } from "node:path";
import { root } from "./run.mjs";

const CONDITION = { $ref: "#/$defs/condition" };
const PURPOSES = {
  type: "array",
  items: { enum: ["necessary", "analytics", "personalization", "marketing", "advertising"] },
};
const SEGMENTS = { $ref: "#/$defs/segmentExpression" };
const name = (description) => ({ type: "string", minLength: 1, maxLength: 128, description });

/** The shape of a ruleset; its conditions know the attributes that the library reads. */
function schemaOf(attributes) {
  const operand = (type) => ({
    anyOf: [{ type }, { type: "null" }, { type: "object" }, { type: "boolean" }],
  });
  const known = Object.fromEntries(
    attributes.map(({ name, type, description, values, unit }) => [
      name,
      {
        description: unit ? `${description} (${unit})` : description,
        ...(values ? { examples: values } : type === "number" ? operand("number") : {}),
      },
    ]),
  );
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "Attune ruleset",
    type: "object",
    required: ["schemaVersion", "revision", "slots"],
    additionalProperties: false,
    properties: {
      $schema: {
        type: "string",
        description: "Where editors find this schema; the library does not read it.",
      },
      schemaVersion: { const: 1, description: "The version of the format." },
      revision: {
        type: "integer",
        minimum: 0,
        description:
          "Grows with each published change; `attune dev` and `replace` raise it themselves where it does not.",
      },
      groups: {
        type: "object",
        description: "Lists of values and shared conditions that conditions refer to by name.",
        additionalProperties: { $ref: "#/$defs/group" },
      },
      segments: {
        type: "array",
        description: "Who visitors are, by name.",
        items: { $ref: "#/$defs/segment" },
      },
      slots: {
        type: "object",
        description: "Places of a page and what they can show, by name.",
        additionalProperties: { $ref: "#/$defs/slot" },
      },
    },
    $defs: {
      segment: {
        type: "object",
        required: ["name", "enter"],
        additionalProperties: false,
        properties: {
          name: {
            type: "string",
            maxLength: 128,
            pattern: "^[a-z0-9]+(-[a-z0-9]+)*$",
            description: "kebab-case, unique in the ruleset.",
          },
          description: { type: "string", description: "For people." },
          enter: { ...CONDITION, description: "A visitor enters when this becomes true." },
          exit: {
            ...CONDITION,
            description:
              "…and leaves when this becomes true (default: when `enter` is no longer true). Where both hold, the visitor is out.",
          },
          minStayMs: {
            type: "number",
            minimum: 0,
            description: "Stays at least this long once in, ms (default 0).",
          },
          purposes: {
            ...PURPOSES,
            description: 'All of them must be granted, else nobody is in it (default `["personalization"]`).',
          },
        },
      },
      slot: {
        type: "object",
        required: ["variants", "fallback", "policy"],
        additionalProperties: false,
        properties: {
          description: { type: "string", description: "For people." },
          purposes: {
            ...PURPOSES,
            description:
              'All of them must be granted, else the fallback shows with reason `consent` (default `["personalization"]`).',
          },
          variants: {
            type: "object",
            minProperties: 1,
            description: "Variant name → the value that the page gets: any JSON.",
          },
          fallback: name("The variant whose value is shown whenever no policy decides."),
          targeting: { ...CONDITION, description: "Who takes part; everyone else gets the fallback." },
          policy: {
            description: "Who gets which variant.",
            anyOf: [{ $ref: "#/$defs/rules" }, { $ref: "#/$defs/split" }],
          },
        },
      },
      rules: {
        type: "object",
        description: "The first rule that holds decides.",
        required: ["type", "rules"],
        additionalProperties: false,
        properties: {
          type: { const: "rules", description: "Names this policy." },
          rules: { type: "array", items: { $ref: "#/$defs/rule" }, description: "In their order." },
        },
      },
      rule: {
        type: "object",
        required: ["variant"],
        additionalProperties: false,
        properties: {
          id: name("Named in explanations (default `rule-<n>`)."),
          when: { ...CONDITION, description: "Must hold, where it is given." },
          segment: {
            ...SEGMENTS,
            description: "Must hold, where it is given; with neither, the rule always does.",
          },
          variant: name("One of the slot's variants."),
        },
      },
      split: {
        type: "object",
        description: "An experiment: weighted assignment by a hash of the visitor, the same for good.",
        required: ["type", "experiment", "weights"],
        additionalProperties: false,
        properties: {
          type: { const: "split", description: "Names this policy." },
          experiment: name(
            "The experiment's key in exposures and results; slots that share it give a visitor the same arm.",
          ),
          weights: {
            type: "object",
            additionalProperties: { type: "number", minimum: 0, maximum: 1 },
            description: "Variant → weight; they sum to 1. Zero is allowed.",
          },
          coverage: {
            type: "number",
            minimum: 0,
            maximum: 1,
            description: "Share of visitors who take part (default 1).",
          },
          seed: name("Seeds the hash (default: `experiment`)."),
          hashVersion: {
            enum: [1, 2],
            description: "Default 2; version 1 for experiments that move over from GrowthBook.",
          },
          hashAttribute: name("Path of the attribute that is hashed (default: the visitor's id)."),
        },
      },
      segmentExpression: {
        description:
          "A segment's name, a list (any of them), or `{ any, all, not }` whose given parts must all hold.",
        anyOf: [
          { type: "string" },
          { type: "array", items: { $ref: "#/$defs/segmentExpression" } },
          { $ref: "#/$defs/segmentCombination" },
        ],
      },
      segmentCombination: {
        type: "object",
        minProperties: 1,
        additionalProperties: false,
        properties: {
          any: { type: "array", items: SEGMENTS, description: "At least one of them." },
          all: { type: "array", items: SEGMENTS, description: "Each of them." },
          not: { ...SEGMENTS, description: "Not this one." },
        },
      },
      group: {
        anyOf: [
          { type: "array", items: { type: ["string", "number"] }, description: "A list of values." },
          { $ref: "#/$defs/namedGroup" },
        ],
      },
      namedGroup: {
        type: "object",
        required: ["type"],
        additionalProperties: false,
        properties: {
          type: { enum: ["list", "condition"], description: "Which of both it is." },
          attributeKey: name("Of a list: the attribute that `$savedGroup` compares."),
          values: { type: "array", items: { type: ["string", "number"] }, description: "Of a list." },
          condition: { ...CONDITION, description: "Of a condition." },
        },
      },
      condition: {
        type: "object",
        description: "Attribute → value or operators; all must hold.",
        properties: known,
        additionalProperties: true,
      },
    },
  };
}

const OPERATORS = [
  [
    '`{ "country": "DE" }`',
    "equal, with coercion as in GrowthBook's language (`true` holds for any number but 0)",
  ],
  ["`$eq` `$ne`", "strictly equal, or not"],
  ["`$lt` `$lte` `$gt` `$gte`", "less or greater (numbers, or texts by code unit)"],
  ["`$in` `$nin`", "one of a list, or none; `$ini` `$nini` whatever the case of letters"],
  ["`$exists`", "`true`: there is a value; `false`: there is none"],
  [
    "`$regex` `$notRegex`",
    "a regular expression occurs, or not; `$regexi` `$notRegexi` whatever the case. No look-around, no back-references; linear time",
  ],
  ["`$veq` `$vne` `$vlt` `$vlte` `$vgt` `$vgte`", "compare versions such as `1.10.2`"],
  ["`$inGroup` `$notInGroup`", "one of a group's values, or none"],
  ["`$all` `$alli` `$elemMatch` `$size`", "about lists: under `context.` and `traits.`"],
  ["`$type`", "`string`, `number`, `boolean`, `object`, `array`, `null`, `undefined`"],
  ["`$not`", "the opposite, of an operator object or of a whole condition"],
  ["`$and` `$or` `$nor`", "of a list of conditions"],
  ["`$savedGroup`", '`{ "id": "…" }`: a group that is a condition, or a list with an `attributeKey`'],
];

const cell = (text) => text.replaceAll("|", "\\|");
const table = (head, rows) =>
  [head, head.map(() => "---"), ...rows].map((row) => `| ${row.map(cell).join(" | ")} |`).join("\n");

function fieldsOf({ properties, required = [] }) {
  const type = (field) =>
    field.const !== undefined
      ? JSON.stringify(field.const)
      : field.enum
        ? field.enum.map((value) => JSON.stringify(value)).join(" or ")
        : field.$ref === "#/$defs/condition"
          ? "condition"
          : field.$ref === "#/$defs/segmentExpression"
            ? "segments"
            : field.type === "array" && field.items?.enum
              ? "purposes"
              : (field.type ?? "object");
  return table(
    ["field", "type", "what"],
    Object.entries(properties).map(([field, shape]) => [
      `\`${field}\`${required.includes(field) ? "" : " (optional)"}`,
      type(shape),
      shape.description ?? "",
    ]),
  );
}

const rangeOf = ({ range, values, type }) =>
  values
    ? values.map((value) => `\`${value}\``).join(", ")
    : range
      ? range[1] >= 1e9
        ? `from ${range[0]}`
        : `${range[0]} to ${range[1]}`
      : type;

function pageOf(schema, attributes) {
  const { $defs } = schema;
  return `<!-- Written by scripts/lib/ruleset-reference.mjs from the library's own lists: \`node scripts/reference.mjs\`. -->

# The ruleset

Everything that is decided stands in one JSON document. \`validateRuleset(json)\` finds what is wrong with it, \`lintRuleset(ruleset)\` what it
probably does not mean; \`attune dev\`, \`service.loadRuleset\` and \`PUT /api/v1/ruleset\` do both. Editors complete and check it by its schema:

\`\`\`json
{ "$schema": "./node_modules/@attune/core/ruleset.schema.json", "schemaVersion": 1, "revision": 1, "slots": {} }
\`\`\`

${fieldsOf(schema)}

## Segments

${fieldsOf($defs.segment)}

With a gap between \`enter\` and \`exit\` nobody flickers in and out. Where a rule or a component asks for segments it takes a name, a list (any
of them), or \`{ "any": […], "all": […], "not": … }\` whose given parts must all hold.

## Slots

${fieldsOf($defs.slot)}

### Policy \`rules\`

${fieldsOf($defs.rules)}

Each rule:

${fieldsOf($defs.rule)}

### Policy \`split\`

${fieldsOf($defs.split)}

## What conditions can read

A name that is not in this list is never there, so a condition on it never holds: the warnings say so. Features are read off what the visitor
did; all of them need \`personalization\`. Texts are at most 32 bytes long, and null where unknown.

${table(
  ["attribute", "values", "unit", "what"],
  attributes.map((attribute) => [
    `\`${attribute.name}${attribute.open ? ".…" : ""}\``,
    rangeOf(attribute),
    attribute.unit ?? "",
    attribute.description,
  ]),
)}

A share is written as \`0.5\`, not \`50\`; a flag is 0 or 1.

## Operators

The condition language is that of GrowthBook's SDK specification. Several attributes in one object must all hold; several operators, too.

${table(["operator", "holds where"], OPERATORS)}

\`\`\`json
{
  "topCategory": { "$in": ["kitchen", "garden"] },
  "$or": [{ "purchases": { "$gte": 1 } }, { "scores.intent": { "$gt": 0.6 } }],
  "context.loggedIn": true
}
\`\`\`

## Groups

A group is a list of values, or an object:

${fieldsOf($defs.namedGroup)}

## What is shown for want of a decision

Where consent, targeting, coverage or the rules give nothing, a decision has the value of the slot's \`fallback\` variant, a reason and
\`isFallback: true\`. The reasons are in [concepts](concepts.md#decision).

## Revisions

A stored ruleset gives way to one with a higher \`revision\` only. Three ways around that, for different hosts: \`attune dev\` publishes the file
whenever its content differs and counts the revision up itself; \`createPersonalizationService({ ruleset, onStoredRuleset: "replace" })\` lets the
ruleset that is deployed with the code win, also when the code is rolled back; \`loadRuleset(ruleset, { replace: true })\` publishes one document
whatever its revision.
`;
}

/** Both files as the built library says they have to be. */
export async function rulesetReference() {
  const { ATTRIBUTES } = await import(join(root, "packages/core/dist/index.js"));
  const schema = schemaOf(ATTRIBUTES);
  return {
    "packages/core/ruleset.schema.json": `${JSON.stringify(schema, null, 2)}\n`,
    "docs/ruleset.md": pageOf(schema, ATTRIBUTES),
  };
}
