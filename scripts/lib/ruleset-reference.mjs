import { join } from "node:path";
import { root } from "./run.mjs";

const CONDITION = { $ref: "#/$defs/condition" };
const PURPOSES = {
  type: "array",
  items: { enum: ["necessary", "analytics", "personalization", "marketing", "advertising"] },
};
const SEGMENTS = { $ref: "#/$defs/segmentExpression" };
const name = (description) => ({ type: "string", minLength: 1, maxLength: 128, description });
const share = (description) => ({ type: "number", minimum: 0, maximum: 1, description });
const number = (description, more = {}) => ({ type: "number", ...more, description });
const list = (item, description) => ({ type: "array", items: { $ref: `#/$defs/${item}` }, description });
const record = (item, description) => ({
  type: "object",
  additionalProperties: { $ref: `#/$defs/${item}` },
  description,
});
const names = (description) => ({ type: "array", items: { type: "string" }, description });
const RANGE = {
  type: "array",
  items: { type: "number", minimum: 0, maximum: 1 },
  minItems: 2,
  maxItems: 2,
};

const draw = (seed) => ({
  seed: name(`Seeds the hash (default: ${seed}).`),
  hashVersion: {
    enum: [1, 2],
    description: "Default 2; version 1 for experiments that move over from GrowthBook.",
  },
  hashAttribute: name("Path of the attribute that is hashed (default: the visitor's id, `visitorId`)."),
  fallbackAttribute: name(
    "Hashed where the first attribute is empty, as `visitorId` is for visitors who are not logged in.",
  ),
});
const gates = {
  holdouts: names("Holdouts whose visitors take no part; asked also of who was assigned before."),
  exclusion: list("exclusion", "Parts of exclusion groups; the visitor must fall into each."),
  prerequisites: list("prerequisite", "What other slots must show the same visitor; all must hold."),
};
const shared = {
  experiment: name(
    "The experiment's key in exposures and results; slots that share it give a visitor the same arm.",
  ),
};
const assigning = {
  coverage: share("Share of visitors who take part (default 1)."),
  ...draw("`experiment`"),
  sticky: {
    $ref: "#/$defs/sticky",
    description: "Keeps what a visitor was once shown, whatever becomes of weights, targeting and log-ins.",
  },
};
const typed = (type) => ({ type: { const: type, description: "Names this policy." } });
const weights = (description) => ({
  type: "object",
  additionalProperties: { type: "number", minimum: 0, maximum: 1 },
  description,
});

/** Fields of an object; those in `required` must be there. */
const object = (required, properties, more = {}) => ({
  type: "object",
  ...more,
  ...(required.length > 0 ? { required } : {}),
  additionalProperties: false,
  properties,
});

const MEASURE = {
  description: { type: "string", description: "For people." },
  direction: { enum: ["increase", "decrease"], description: "What is wanted of it (default `increase`)." },
  withinMs: number("Only what happens within this time after the visitor's first exposure, ms.", {
    exclusiveMinimum: 0,
  }),
};
const MEASURED = {
  event: name("The event's name."),
  where: { ...CONDITION, description: "On `name`, `properties` and `context` of the event (default: all)." },
};
const VALUE = { value: name("Path of the property that is added up, such as `revenue`.") };
const CAP = {
  cap: number("Values above it count as it, per visitor: one order in a million must not decide.", {
    exclusiveMinimum: 0,
  }),
};
const BEFORE = {
  before: {
    $ref: "#/$defs/lookBack",
    description:
      "What the visitor came to of it before the experiment is taken out (CUPED); at most 8 metrics look back.",
  },
};
const metric = (type, description, required, properties) =>
  object(
    ["type", ...required],
    { type: { const: type, description: "Names this kind." }, ...properties, ...MEASURE },
    { description },
  );

const MODEL_FILE = {
  version: name("Hash of the file's content; names the version everywhere."),
  url: {
    type: "string",
    maxLength: 2048,
    description: "Where it lies: an https address, or a path on the endpoint.",
  },
  integrity: {
    type: "string",
    pattern: "^sha256-[A-Za-z0-9+/]{43}=$",
    description: "As Subresource Integrity writes it: a file of another content is never used.",
  },
};

/** What visitors are scored by. */
function models() {
  return {
    model: object(["version", "url", "integrity", "inputs", "featuresVersion", "outputs", "purposes"], {
      ...MODEL_FILE,
      inputs: names("Names of features, in the order in which the model reads them."),
      featuresVersion: {
        type: ["string", "null"],
        description:
          "`FEATURES_VERSION` of the features it was trained on; a model of another one is never asked.",
      },
      outputs: names("One name, or several where each gets a score of its own: `scores.{name}.{output}`."),
      purposes: { ...PURPOSES, description: "All of them must be granted before it is fetched or asked." },
      canary: { $ref: "#/$defs/canary", description: "A version on trial." },
    }),
    canary: object(["version", "url", "integrity", "share"], {
      ...MODEL_FILE,
      share: number(
        "Share of visitors who have it, by a hash of who they are: the same in page and server.",
        {
          exclusiveMinimum: 0,
          exclusiveMaximum: 1,
        },
      ),
    }),
  };
}

/** What experiments are judged by. */
function measures() {
  return {
    metric: {
      anyOf: ["conversionMetric", "countMetric", "sumMetric", "ratioMetric"].map((kind) => ({
        $ref: `#/$defs/${kind}`,
      })),
    },
    conversionMetric: metric("conversion", "Whether it happened.", ["event"], {
      ...MEASURED,
      prior: {
        $ref: "#/$defs/ratePrior",
        description:
          "What is believed of the rate before anybody is counted (default: each is as likely as any).",
      },
    }),
    ratePrior: object(["alpha", "beta"], {
      alpha: number("As if so many visitors had done it.", { minimum: 0.01, maximum: 1e9 }),
      beta: number("And so many had not.", { minimum: 0.01, maximum: 1e9 }),
    }),
    countMetric: metric("count", "How often it happened.", ["event"], { ...MEASURED, ...CAP, ...BEFORE }),
    sumMetric: metric("sum", "How much it came to.", ["event", "value"], {
      ...MEASURED,
      ...VALUE,
      ...CAP,
      ...BEFORE,
    }),
    lookBack: object(["days"], {
      days: {
        type: "integer",
        minimum: 1,
        maximum: 28,
        description: "Whole days (UTC) before the day of the visitor's first exposure.",
      },
    }),
    ratioMetric: metric("ratio", "One sum over another.", ["numerator", "denominator"], {
      numerator: { $ref: "#/$defs/measured", description: "What is divided." },
      denominator: { $ref: "#/$defs/measured", description: "By what; events without `value` are counted." },
    }),
    measured: object(["event"], { ...MEASURED, ...VALUE }),
    experiment: object(["primary"], {
      run: {
        type: "integer",
        minimum: 1,
        description: "Raised to begin anew; earlier runs keep their figures (default 1).",
      },
      primary: name("The metric that decides."),
      secondary: names("Metrics that help to understand."),
      guardrails: names("Metrics that must not become worse."),
      dimensions: record(
        "dimension",
        "At most 4 groupings of visitors that results are looked at by as well, for the first four metrics that are no ratio.",
      ),
    }),
    dimension: object(["attribute", "values"], {
      attribute: name(
        "What is asked of the visitor at the first exposure: an attribute, or `context.…` of the event.",
      ),
      values: {
        type: "array",
        items: { type: ["string", "number", "boolean"] },
        minItems: 1,
        maxItems: 12,
        uniqueItems: true,
        description: "Each is a group; who has none of them is in `(other)`, as are groups of fewer than 20.",
      },
    }),
  };
}

/** Gates, and the policies that assign. */
function definitions() {
  return {
    holdout: object(["share"], {
      description: { type: "string", description: "For people." },
      share: share("Share of visitors held out. Raising it holds out more and lets nobody in."),
      ...draw("the holdout's name"),
    }),
    exclusionGroup: object([], {
      description: { type: "string", description: "For people." },
      ...draw("the group's name"),
    }),
    exclusion: object(["group", "ranges"], {
      group: name("One of `exclusionGroups`."),
      ranges: {
        type: "array",
        items: RANGE,
        description: "Parts of [0, 1), as `[[0, 0.5]]`; who falls into one takes part.",
      },
    }),
    prerequisite: object(["slot"], {
      slot: name("Another slot; its purposes must be granted too. Circles are refused."),
      variants: names("It must show one of these …"),
      condition: { ...CONDITION, description: "… or something of which this holds: a condition on `value`." },
    }),
    sticky: object([], {
      bucketVersion: {
        type: "integer",
        minimum: 0,
        description: "Raised to begin anew: assignments of other versions no longer hold (default 0).",
      },
      minBucketVersion: {
        type: "integer",
        minimum: 0,
        description:
          "Who was assigned under a lower version takes no part any more, with reason `superseded` (default 0).",
      },
      onConflict: {
        enum: ["keep-first", "keep-known", "exclude"],
        description:
          "For who was shown more than one variant, as when a log-in joins two devices: the first, the first seen while logged in, or none, with reason `conflict` (default `keep-first`).",
      },
    }),
    split: object(
      ["type", "experiment", "weights"],
      {
        ...typed("split"),
        ...shared,
        weights: weights("Variant → weight; they sum to 1. Zero is allowed."),
        ranges: {
          type: "object",
          additionalProperties: RANGE,
          description: "Variant → its part of the hash, in place of what weights and coverage give.",
        },
        ...assigning,
      },
      { description: "An experiment: weighted assignment by a hash of the visitor, the same for good." },
    ),
    factorial: object(
      ["type", "experiment", "factors"],
      {
        ...typed("factorial"),
        ...shared,
        factors: {
          type: "object",
          minProperties: 1,
          additionalProperties: { type: "object", minProperties: 2 },
          description: "Factor → level → value. Each visitor gets one level of each.",
        },
        generators: {
          type: "object",
          additionalProperties: { type: "array", minItems: 2, items: { type: "string" } },
          description:
            "For a fraction of a design of two levels each: factor → the factors whose product it is.",
        },
        ...assigning,
      },
      { description: "A multivariate test: all combinations of the factors' levels, or a fraction of them." },
    ),
    bandit: object(
      ["type", "experiment", "shares"],
      {
        ...typed("bandit"),
        ...shared,
        shares: weights("Variant → share, as last updated; they sum to 1."),
        ...assigning,
      },
      { description: "Shares that follow what was learned; each update is a new policy version." },
    ),
    contextual: object(
      ["type", "experiment", "context", "arms"],
      {
        ...typed("contextual"),
        ...shared,
        context: list("contextFeature", "What of the visitor counts; a constant 1 stands before it."),
        arms: record("contextualArm", "Variant → what is believed of its score's weights."),
        floor: number("The least share of each variant (default 0.01).", { minimum: 0, maximum: 1 }),
        ...assigning,
      },
      { description: "A visitor's share of each variant is the probability that its score is the highest." },
    ),
    recommended: object(
      ["type", "history", "arms"],
      {
        ...typed("recommended"),
        history: {
          type: "array",
          minItems: 1,
          maxItems: 8,
          items: { type: "string", minLength: 1, maxLength: 128 },
          description:
            "Paths of the attributes that name items, what matters most first: each a text (`recentCategory`), or a list of texts with the latest last (`context.viewed`). The first ten items count.",
        },
        arms: record("recommendedArm", "Variant → what was learned of it; at most 100."),
        limit: {
          type: "integer",
          minimum: 1,
          maximum: 20,
          description: "How many variants the decision's `ranking` tells (default 5).",
        },
        keepSeen: {
          type: "boolean",
          description: "Whether variants that stand in the history are shown, too (default false).",
        },
      },
      {
        description:
          "The variant that goes best with what was looked at, the next ones in the decision's `ranking`; what is popular where nothing else is known.",
      },
    ),
    recommendedArm: object(["popularity"], {
      popularity: number("Its share of all that is looked at.", { minimum: 0, maximum: 1 }),
      with: {
        type: "object",
        maxProperties: 50,
        additionalProperties: { type: "number", minimum: 0, maximum: 1 },
        description: "Item → how well the variant goes with it.",
      },
    }),
    contextFeature: object(["attribute"], {
      attribute: name("Path of the attribute; what is missing or no number counts as the centre."),
      centre: number("Taken off the value (default 0)."),
      scale: number("Divides what is left (default 1).", { exclusiveMinimum: 0 }),
    }),
    contextualArm: object(["mean", "covariance"], {
      mean: {
        type: "array",
        items: { type: "number" },
        description: "One weight per entry of the context, the constant's first.",
      },
      covariance: {
        type: "array",
        items: { type: "number" },
        description: "The lower triangle of their covariance, row by row.",
      },
    }),
  };
}

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
      holdouts: record(
        "holdout",
        "Visitors kept out of all experiments that name the holdout, so that what they add up to can be measured.",
      ),
      exclusionGroups: record(
        "exclusionGroup",
        "Hashes that experiments share out among each other, so that they have no visitor in common.",
      ),
      metrics: record("metric", "What experiments are judged by, by name."),
      experiments: record("experiment", "Which metrics are counted of which experiment, by its key."),
      models: record("model", "What visitors are scored by, by name: conditions read `scores.{name}`."),
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
          ...gates,
          policy: {
            description: "Who gets which variant.",
            anyOf: ["rules", "split", "factorial", "bandit", "contextual", "recommended"].map((policy) => ({
              $ref: `#/$defs/${policy}`,
            })),
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
        additionalProperties: false,
        oneOf: [{ required: ["variant"] }, { required: ["policy"] }],
        properties: {
          id: name("Named in explanations (default `rule-<n>`)."),
          when: { ...CONDITION, description: "Must hold, where it is given." },
          segment: {
            ...SEGMENTS,
            description: "Must hold, where it is given; with neither, the rule always does.",
          },
          ...gates,
          variant: name("One of the slot's variants …"),
          policy: {
            description: "… or a policy that assigns one; whom it assigns none, the next rule is asked of.",
            anyOf: [{ $ref: "#/$defs/split" }, { $ref: "#/$defs/bandit" }],
          },
        },
      },
      ...definitions(),
      ...measures(),
      ...models(),
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

/** Compiled and run with the documentation. */
const EXAMPLES = {
  sticky: `\`\`\`ts run
import assert from "node:assert/strict";
import { compileRuleset } from "@attune/core";

const { decide } = compileRuleset({
  schemaVersion: 1,
  revision: 1,
  slots: {
    price: {
      variants: { old: 9, new: 12 },
      fallback: "old",
      purposes: [],
      policy: {
        type: "split",
        experiment: "price-2026",
        weights: { old: 1, new: 0 },
        hashAttribute: "userId",
        fallbackAttribute: "visitorId",
        sticky: { bucketVersion: 1, onConflict: "exclude" },
      },
    },
  },
});
const consent = { necessary: true, analytics: false, personalization: false, marketing: false, advertising: false };
const visitor = { id: "v-1", attributes: {}, consent };
const seen = (conflict: boolean) => ({ "price-2026": { variant: "new", bucketVersion: 1, conflict } });
assert.equal(decide("price", visitor).variant, "old");
assert.equal(decide("price", { ...visitor, assignments: seen(false) }).variant, "new");
assert.equal(decide("price", { ...visitor, assignments: seen(true) }).reason, "conflict");
\`\`\``,
  gates: `\`\`\`ts run
import assert from "node:assert/strict";
import { compileRuleset, type Ruleset, validateRuleset } from "@attune/core";

const half = { type: "split", weights: { off: 0.5, on: 0.5 } } as const;
const slot = { variants: { off: false, on: true }, fallback: "off" };
const ruleset: Ruleset = {
  schemaVersion: 1,
  revision: 1,
  holdouts: { "first-half": { share: 0.05 } },
  exclusionGroups: { checkout: {} },
  slots: {
    banner: {
      ...slot,
      targeting: { country: { $in: ["DE", "AT"] } },
      holdouts: ["first-half"],
      exclusion: [{ group: "checkout", ranges: [[0, 0.5]] }],
      policy: { ...half, experiment: "banner" },
    },
    express: {
      ...slot,
      holdouts: ["first-half"],
      exclusion: [{ group: "checkout", ranges: [[0.5, 1]] }],
      policy: { ...half, experiment: "express" },
    },
    // Only where the banner is on.
    coupon: {
      ...slot,
      prerequisites: [{ slot: "banner", variants: ["on"] }],
      policy: { type: "rules", rules: [{ when: { cartValue: { $gte: 50 } }, variant: "on" }] },
    },
  },
};
assert.ok(validateRuleset(ruleset).ok);
const { decide } = compileRuleset(ruleset);
const consent = { necessary: true, analytics: true, personalization: true, marketing: false, advertising: false };
for (let i = 0; i < 100; i++) {
  const visitor = { id: \`v-\${i}\`, attributes: { country: "DE", cartValue: 80 }, consent };
  const inBoth = !decide("banner", visitor).isFallback && !decide("express", visitor).isFallback;
  assert.ok(!inBoth);
  assert.equal(decide("coupon", visitor).value, decide("banner", visitor).value);
}
\`\`\``,
  policies: `\`\`\`ts run
import assert from "node:assert/strict";
import { compileRuleset, type Ruleset, validateRuleset } from "@attune/core";

const ruleset: Ruleset = {
  schemaVersion: 1,
  revision: 1,
  slots: {
    // Rules; one of them leaves it to a bandit.
    hero: {
      variants: { plain: "Hello", loyal: "Welcome back", bold: "Look!" },
      fallback: "plain",
      policy: {
        type: "rules",
        rules: [
          { when: { purchases: { $gte: 3 } }, variant: "loyal" },
          { policy: { type: "bandit", experiment: "hero", shares: { plain: 0.3, bold: 0.7 } } },
        ],
      },
    },
    // Four of the eight combinations of three factors.
    page: {
      variants: { old: {} },
      fallback: "old",
      policy: {
        type: "factorial",
        experiment: "page",
        factors: {
          title: { short: "Tea", long: "Tea for you" },
          button: { green: "#0a0", blue: "#00a" },
          price: { plain: false, framed: true },
        },
        generators: { price: ["title", "button"] },
      },
    },
    // Who has much in the cart is more likely to be offered shipping.
    offer: {
      variants: { none: null, shipping: "Free shipping" },
      fallback: "none",
      policy: {
        type: "contextual",
        experiment: "offer",
        context: [{ attribute: "cartValue", centre: 50, scale: 25 }],
        arms: {
          none: { mean: [0, 0], covariance: [0.01, 0, 0.01] },
          shipping: { mean: [0.1, 0.4], covariance: [0.02, 0, 0.02] },
        },
        floor: 0.05,
      },
    },
  },
};
assert.ok(validateRuleset(ruleset).ok);
const { decide } = compileRuleset(ruleset);
const consent = { necessary: true, analytics: true, personalization: true, marketing: false, advertising: false };
const visitor = { id: "v-1", attributes: { purchases: 0, cartValue: 120 }, consent };
assert.equal(decide("hero", visitor).reason, "bandit");
assert.deepEqual(Object.keys(decide("page", visitor).value as object), ["title", "button", "price"]);
const { variant, propensity } = decide("offer", visitor);
assert.ok(variant === "shipping" ? (propensity ?? 0) > 0.8 : (propensity ?? 1) < 0.2);
\`\`\``,
  growthbook: `\`\`\`ts run
import assert from "node:assert/strict";
import { compileRuleset, convertGrowthBook, fromGrowthBookAssignments } from "@attune/core/decisions";

const payload = {
  features: {
    checkout: {
      defaultValue: "classic",
      rules: [
        {
          key: "checkout-test",
          condition: { plan: "pro" },
          variations: ["classic", "short"],
          meta: [{ key: "0" }, { key: "1" }],
          hashVersion: 2,
          bucketVersion: 1,
        },
      ],
    },
  },
};
const options = { attributes: { plan: "traits.plan" } };
const { ruleset, issues } = convertGrowthBook(payload, options);
assert.deepEqual(issues, []);
const kept = [{ attributeName: "id", attributeValue: "u-1", assignments: { "checkout-test__1": "1" } }];
const decision = compileRuleset(ruleset).decide("checkout", {
  id: "u-1",
  attributes: { traits: { plan: "free" } },
  consent: { necessary: true, analytics: true, personalization: true, marketing: false, advertising: false },
  assignments: fromGrowthBookAssignments(kept, payload, options),
});
assert.equal(decision.value, "short");
assert.equal(decision.kept, true);
\`\`\``,
};

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
              : [field.type ?? "object"].flat().join(" or ");
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

### Policy \`factorial\`

${fieldsOf($defs.factorial)}

The slot's value is \`{ factor: value of the level }\`, its variants are named \`factor:level,factor:level\`; only the fallback stands among \`variants\`. A fraction names
\`generators\`: \`{ "d": ["a", "b", "c"] }\` gives factor d its second level where the product of the signs of a, b and c is +. \`validateRuleset\` refuses a fraction that cannot tell two
factors apart, \`lintRuleset\` names its resolution and what it cannot tell apart else.

### Policy \`bandit\`

${fieldsOf($defs.bandit)}

### Policy \`contextual\`

${fieldsOf($defs.contextual)}

Each entry of the context, and each arm:

${fieldsOf($defs.contextFeature)}

${fieldsOf($defs.contextualArm)}

The shares are worked out for each visitor by + − × ÷ and √ alone, so that page and server come to the same; the share that was drawn by is the decision's propensity.

### Policy \`recommended\`

${fieldsOf($defs.recommended)}

Each arm:

${fieldsOf($defs.recommendedArm)}

What is learned of items becomes such a policy by [\`recommendedPolicy\`](models.md#recommendations-in-a-slot). Nothing is drawn: it is no experiment,
and its propensity is 1. Sums and products alone, in one order, so that page and server come to the same.

### What a visitor keeps

\`sticky\` of any policy that assigns:

${fieldsOf($defs.sticky)}

Decisions read what a visitor was shown and never write it: only what is seen assigns. Whom an assignment keeps is asked for consent and holdouts, and for nothing else: not for
targeting, exclusion groups, prerequisites, coverage or an id. Such a decision says \`kept: true\`, and its propensity is null since nothing was drawn. An assignment of a variant that
is gone is made anew. Where the policy stands in a rule, the rules before it and the slot's own gates are asked as always.

${EXAMPLES.sticky}

## Who takes part

A slot is asked, in this order: consent, targeting, holdouts, exclusion groups, prerequisites, what was assigned before, the policy. The first that says no gives the reason. Rules have
the same gates but for targeting, which is their \`when\` and \`segment\`; a rule whose gates or policy do not hold leaves the visitor to the next.

${EXAMPLES.gates}

### Holdouts

${fieldsOf($defs.holdout)}

A holdout is asked of everybody, also of whom an earlier assignment would keep: what it measures is the sum of all experiments that name it, which a visitor who goes on seeing one of
them would spoil. Who has nothing to hash cannot be measured and is not held out.

### Exclusion groups

${fieldsOf($defs.exclusionGroup)}

A part of one, as slots and rules name it:

${fieldsOf($defs.exclusion)}

### Prerequisites

${fieldsOf($defs.prerequisite)}

What the other slot shows counts, also where that is its fallback; where its consent is missing it shows nothing.

## What is measured

\`metrics\` say what experiments are judged by, per visitor and from the first exposure on; \`experiments\` which of them are counted of which, by the key that policies assign it under. A metric
is one of four kinds. Whether it happened:

${fieldsOf($defs.conversionMetric)}

Of its \`prior\`:

${fieldsOf($defs.ratePrior)}

How often (\`count\`), or how much (\`sum\`):

${fieldsOf($defs.sumMetric)}

Of \`before\`, which [statistics](statistics.md#looking-back) says more of:

${fieldsOf($defs.lookBack)}

One sum over another (\`ratio\`), such as revenue per order:

${fieldsOf($defs.ratioMetric)}

Of an experiment:

${fieldsOf($defs.experiment)}

Of a dimension:

${fieldsOf($defs.dimension)}

[Experiments](experiments.md) goes on from here.

## Models

\`models\` name what visitors are scored by. What a model says, in [0, 1], is \`scores.{name}\` to conditions, and \`scores.{name}.{output}\` where it has several outputs; nothing is there
until it has said something.

${fieldsOf($defs.model)}

A version on trial (\`canary\`) has these fields:

${fieldsOf($defs.canary)}

[Segments](segments.md) goes on from here: how scores make segments, and what holds where a model is missing.

## Policies by example

${EXAMPLES.policies}

## Moving over from GrowthBook

\`fromGrowthBook(payload)\` makes a ruleset of GrowthBook's payload: with the same hash, seeds and ranges nobody is assigned anew. \`convertGrowthBook(payload)\` also says what could
not be carried over, by its place in the payload; \`fromGrowthBookAssignments(documents, payload)\` takes along what its sticky buckets keep of a visitor.

${EXAMPLES.growthbook}

Features become slots of rules with the default value as fallback, namespaces, filters and percentage rollouts exclusion groups, \`parentConditions\` prerequisites. Attributes keep their
names unless \`attributes\` says otherwise. A rollout there includes its coverage and a range here ends before its end, so the range reaches to the next step of the hash.

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

Sessions, pages, scrolling, attention, clicks, device, language and campaign are read off what the page tells [by itself](events.md). What is about a shop is there only where your application tells of it: products by
\`Product Viewed\`, the cart by \`Product Added\` and \`Product Removed\`, \`checkoutStarts\` and \`inCheckout\` by \`Checkout Started\`, \`purchases\`, \`revenue\` and
\`daysSinceLastPurchase\` by \`Order Completed\` (its \`revenue\` or \`total\`), searches by \`Products Searched\`, categories and brands by \`Product Viewed\`, \`Product Added\` and \`Product List Viewed\`. An order empties the cart.

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
