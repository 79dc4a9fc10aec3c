import * as v from "valibot";
import { PURPOSES } from "../consent/types.js";
import { validateConsentPolicy } from "../consent/validate-policy.js";
import { fail, type Issue, ok, pointer, type Result } from "../kernel/result.js";
import { share, text, whole } from "./fields.js";
import { fromEnvironment } from "./from-environment.js";
import { modelsConfig, webhooksConfig } from "./models-config.js";
import { parseWith } from "./parse.js";
import { portIssues, ports } from "./ports-config.js";
import { noList } from "./schemas.js";
import type { PortsConfig, ServerConfig } from "./types.js";

const CODE = "ATTUNE_WIRE_CONFIG";
const MIN_KEY = 16;

const key = () =>
  v.pipe(
    v.string(),
    v.check(
      (value) => /^[\x21-\x7e]+$/.test(value) && value.length >= MIN_KEY,
      `A key has at least ${MIN_KEY} visible ASCII characters, none of them a space.`,
    ),
  );
/** As browsers write it, since it is compared with what they send: lower case, and no port that the scheme implies. */
function isOrigin(value: string): boolean {
  const [, scheme, port] =
    /^(https?):\/\/(?:[a-z\d][a-z\d.-]*|\[[\da-f:]+\])(?::([1-9]\d{0,4}))?$/.exec(value) ?? [];
  if (scheme === undefined || Number(port ?? 0) > 65_535) return false;
  return port !== (scheme === "http" ? "80" : "443");
}
const origin = () =>
  v.pipe(
    v.string(),
    v.check(
      isOrigin,
      "Write the origin as browsers do: a scheme and a host in lower case, as in `https://shop.example`, a port where it is not the scheme's own, and no path.",
    ),
  );

const header = () =>
  v.pipe(v.string(), v.regex(/^[\w!#$%&'*+.^`|~-]+$/, "Name a header, as in `cf-ipcountry`."));

/** An object of no other members; a list is none. */
const object = <T extends v.ObjectEntries>(entries: T) => noList(v.strictObject(entries));

const site = () =>
  object({
    writeKeys: v.optional(v.array(key())),
    secretKeys: v.optional(v.array(key())),
    origins: v.optional(v.array(origin())),
  });

const config = () =>
  object({
    host: v.optional(text()),
    port: v.optional(whole(0, 65_535)),
    origin: v.optional(origin()),
    basePath: v.optional(
      v.pipe(
        v.string(),
        v.check(
          (value) => /^(\/[\w.~-]+)*$/.test(value),
          "A base path is empty, or starts with a slash and does not end in one.",
        ),
      ),
    ),
    dir: v.optional(text()),
    sites: v.optional(
      noList(
        v.record(
          v.pipe(
            v.string(),
            v.check(
              (name) => /^[a-z0-9][a-z0-9._-]{0,62}$/i.test(name),
              "A site is named by 1 to 63 letters, digits, dots, dashes or underscores.",
            ),
          ),
          site(),
          'Sites are named, as in `{ "default": { "writeKeys": [{ "env": "ATTUNE_WRITE_KEY" }] } }`.',
        ),
      ),
    ),
    consent: v.optional(v.unknown()),
    consentCategories: v.optional(
      noList(
        v.record(
          text(),
          v.union(
            [v.picklist(PURPOSES), v.array(v.picklist(PURPOSES))],
            `Name the purposes that the category is here: ${PURPOSES.join(", ")}.`,
          ),
        ),
      ),
    ),
    ofrep: v.optional(
      object({ purposes: v.array(v.picklist(PURPOSES, `Name purposes: ${PURPOSES.join(", ")}.`)) }),
    ),
    retentionDays: v.optional(whole(7, 3_650)),
    limits: v.optional(
      object({
        eventBytes: v.optional(whole(1_024, 1_048_576)),
        bodyBytes: v.optional(whole(1_024, 104_857_600)),
        inflatedBytes: v.optional(whole(1_024, 1_073_741_824)),
        batchEvents: v.optional(whole(1, 10_000)),
        requestsPerMinute: v.optional(whole(1, 10_000_000)),
        strangersPerMinute: v.optional(whole(1, 10_000_000)),
        inFlight: v.optional(whole(1, 1_000_000)),
        inFlightBytes: v.optional(whole(1_048_576, 68_719_476_736)),
        arrivalMs: v.optional(whole(1000, 600_000)),
        appends: v.optional(whole(1, 1_000_000)),
        appendMs: v.optional(whole(1, 600_000)),
        lag: v.optional(whole(1, 1_000_000_000)),
        sockets: v.optional(whole(0, 1_000_000)),
        socketsPerKey: v.optional(whole(0, 1_000_000)),
        socketsPerAddress: v.optional(whole(0, 1_000_000)),
      }),
    ),
    sampling: v.optional(
      v.pipe(
        object({
          lag: v.optional(whole(1, 1_000_000_000)),
          inFlight: v.optional(whole(1, 1_000_000)),
          appendMs: v.optional(whole(1, 600_000)),
          least: v.optional(share("The smallest share lies above 0 and is at most 1.")),
          keep: v.optional(v.array(text())),
        }),
        v.check(
          ({ lag, inFlight, appendMs }) => (lag ?? inFlight ?? appendMs) !== undefined,
          "Name a bound above which events are sampled: `lag`, `inFlight` or `appendMs`.",
        ),
      ),
    ),
    sensitive: v.optional(
      v.array(
        v.pipe(
          v.string(),
          v.regex(
            /^(?:properties|traits)(?:\.[^.]+)+$/,
            "Name a field below `properties` or `traits`, as in `traits.phone`.",
          ),
        ),
      ),
    ),
    proxy: v.optional(
      object({
        address: v.optional(header()),
        country: v.optional(header()),
        region: v.optional(header()),
      }),
    ),
    ruleset: v.optional(text()),
    models: v.optional(modelsConfig()),
    webhooks: v.optional(webhooksConfig()),
    ports: v.optional(ports()),
  });

/** What is undefined is left out, so that defaults can be spread under it. */
const defined = <T extends object>(value: T): T =>
  Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as T;

/**
 * The configuration of `attune`, all issues at once.
 *
 * @param environment What `{ "env": "NAME" }` stands for, anywhere in it (default: nothing is set).
 */
export function parseServerConfig(
  input: unknown,
  environment: Readonly<Record<string, string | undefined>> = {},
): Result<ServerConfig, Issue[]> {
  const filled = fromEnvironment(input, environment);
  if (!filled.ok) return filled;
  const given = filled.value;
  const parsed = parseWith(config(), given, CODE);
  const consentGiven =
    typeof given === "object" && given !== null ? (given as { consent?: unknown }).consent : undefined;
  const policy = consentGiven === undefined ? null : validateConsentPolicy(consentGiven);
  const issues: Issue[] = parsed.ok ? [] : [...parsed.error];
  if (policy?.ok === false)
    issues.push(...policy.error.map((issue) => ({ ...issue, path: pointer("", "consent") + issue.path })));
  if (parsed.ok && parsed.value.ports !== undefined)
    issues.push(...portIssues(defined(parsed.value.ports) as PortsConfig));
  if (parsed.ok && (parsed.value.sensitive ?? []).length > 0 && parsed.value.ports?.keys === undefined)
    issues.push({
      path: "/sensitive",
      code: CODE,
      message: "Fields can be sensitive only where there are keys to seal them: name `ports.keys`.",
    });
  if (!parsed.ok || issues.length > 0) return fail(issues);
  const { consent: _unchecked, ...rest } = parsed.value;
  return ok(defined({ ...rest, ...(policy?.ok && { consent: policy.value }) }) as ServerConfig);
}
