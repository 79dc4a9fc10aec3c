import * as v from "valibot";
import { flag, text } from "./fields.js";
import { isAddress } from "./ports-config.js";
import { noList } from "./schemas.js";

const SITE = /^[a-z0-9][a-z0-9._-]{0,62}$/i;
const MODEL = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
/** 24 to 64 bytes in base64, as the Standard Webhooks scheme has them. */
const SECRET = /^whsec_[A-Za-z0-9+/]{32,86}={0,2}$/;
const YEARS = 3650;

/** What webhooks can be told of. */
export const WEBHOOK_EVENTS = [
  "model.promoted",
  "model.tried",
  "model.rolled-back",
  "model.drifted",
  "model.miscalibrated",
  "model.errors-changed",
] as const;

const object = <T extends v.ObjectEntries>(entries: T) => noList(v.strictObject(entries));

/** A number above 0, up to a bound; or its digits as a text, since that is what the environment gives. */
function positive(most: number) {
  const message = `This must be a number above 0, up to ${most}.`;
  return v.pipe(
    v.union(
      [v.number(), v.pipe(v.string(), v.regex(/^\d+(\.\d+)?$/, message), v.transform(Number))],
      message,
    ),
    v.check((n) => n > 0 && n <= most, message),
  );
}

const site = () => v.pipe(v.string(), v.regex(SITE, "Name a site, as under `/sites`."));

const predict = () =>
  v.union(
    [
      object({ event: v.pipe(text(), v.maxLength(128)), withinDays: positive(YEARS) }),
      object({ returnsWithinDays: positive(YEARS) }),
      object({ depth: positive(1) }),
    ],
    "Say what is to be predicted: `{ event, withinDays }`, `{ returnsWithinDays }` or `{ depth }`.",
  );

const training = () =>
  object({
    site: v.optional(site()),
    name: v.pipe(
      v.string(),
      v.maxLength(64, "A model's name has at most 64 characters."),
      v.regex(MODEL, "A model is named in kebab-case, as in `buys-soon`."),
    ),
    predict: predict(),
    everyHours: positive(8760),
    days: v.optional(positive(YEARS)),
    atEvent: v.optional(
      v.pipe(
        positive(1000),
        v.check((n) => Number.isInteger(n), "A row is taken at the first or a later event of a visit."),
      ),
    ),
    metric: v.optional(text()),
    share: v.optional(
      v.pipe(
        positive(1),
        v.check((n) => n < 1, "A trial is of a share of visitors above 0 and below 1."),
      ),
    ),
    promote: v.optional(flag()),
  });

/** Models that are trained by the clock. */
export const modelsConfig = () =>
  object({
    train: v.pipe(
      v.array(training()),
      v.check(
        (list) => new Set(list.map((one) => `${one.site ?? "default"} ${one.name}`)).size === list.length,
        "Each model of a site is named once.",
      ),
    ),
  });

const webhook = () =>
  v.pipe(
    object({
      url: v.pipe(
        v.string(),
        v.check(
          (value) => isAddress(value, ["https", "http"]) && !value.includes("@"),
          "This must be an address as in https://hooks.example/attune, without a name or password in it.",
        ),
      ),
      secrets: v.pipe(
        v.array(
          v.pipe(
            v.string(),
            v.regex(
              SECRET,
              'A secret is `whsec_` and 24 to 64 random bytes in base64; it is best named by `{ "env": "NAME" }`.',
            ),
          ),
        ),
        v.minLength(1, "A webhook is signed: give a secret."),
        v.maxLength(2, "One secret, or two while the one takes the place of the other."),
      ),
      events: v.optional(
        v.pipe(
          v.array(v.picklist(WEBHOOK_EVENTS, `Name what it is told of: ${WEBHOOK_EVENTS.join(", ")}.`)),
          v.minLength(1, "Name what it is told of, or leave this out for all."),
        ),
      ),
      site: v.optional(site()),
      internal: v.optional(flag()),
    }),
    v.check(
      ({ url, internal }) => internal === true || url.startsWith("https://"),
      'A webhook goes over https; only one to a system of your own network (`"internal": true`) may go over http.',
    ),
  );

/** Whom is told of what happens. */
export const webhooksConfig = () => v.array(webhook());
