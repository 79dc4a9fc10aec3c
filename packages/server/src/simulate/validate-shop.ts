import { AttuneError, type ErrorCode, type Issue, type Result } from "@attune/core";
import * as v from "valibot";
import type { SimulatedShop } from "./shop.js";

const name = v.pipe(
  v.string("must be a text"),
  v.minLength(1, "must not be empty"),
  v.maxLength(128, "must have at most 128 characters"),
);
const money = v.pipe(
  v.number("must be a number"),
  v.finite("must be a number"),
  v.minValue(0, "must not be negative"),
);
const path = v.optional(v.pipe(v.string(), v.startsWith("/", "must begin with /")));
const product = v.pipe(
  v.strictObject({
    id: name,
    category: name,
    brand: v.optional(name),
    price: money,
    was: v.optional(money),
  }),
  v.check(({ price, was }) => was === undefined || was > price, "was must be above price"),
);
const schema = v.strictObject({
  currency: v.optional(v.pipe(v.string(), v.regex(/^[A-Z]{3}$/, "must be three capital letters, as EUR"))),
  paths: v.optional(
    v.strictObject({
      home: path,
      category: path,
      product: path,
      search: path,
      cart: path,
      checkout: path,
      thanks: path,
    }),
  ),
  products: v.pipe(
    v.array(product, "must be a list of products"),
    v.minLength(1, "must have one product at least"),
    v.maxLength(10_000, "must have at most 10,000 products"),
  ),
});

const CODE: ErrorCode = "ATTUNE_SERVER_SIMULATION_SHOP";

/** A shop as its file says it; issues name the place and the cure. */
export function validateShop(json: unknown): Result<SimulatedShop, Issue[]> {
  const parsed = v.safeParse(schema, json, { abortPipeEarly: true });
  if (parsed.success) return { ok: true, value: parsed.output as SimulatedShop };
  const error = parsed.issues.slice(0, 20).map((issue) => ({
    path: (issue.path ?? [])
      .map(({ key }) => `/${String(key).replace(/~/g, "~0").replace(/\//g, "~1")}`)
      .join(""),
    code: CODE,
    message: issue.message,
  }));
  return { ok: false, error };
}

/** @throws AttuneError `ATTUNE_SERVER_SIMULATION_SHOP` that names the first thing that is wrong. */
export function requireShop(shop: unknown): void {
  const checked = validateShop(shop);
  const issue = checked.ok ? undefined : checked.error[0];
  if (issue)
    throw new AttuneError(
      CODE,
      `The shop of the simulation is not right at ${issue.path || "/"}: ${issue.message}.`,
      {
        path: `/simulation/shop${issue.path}`,
      },
    );
}
