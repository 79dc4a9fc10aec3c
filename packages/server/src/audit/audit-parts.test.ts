import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findChromium } from "./chromium.js";
import { idsIn } from "./ids-in.js";
import { judge } from "./judge.js";
import { createFinder, markersOf, plant } from "./markers.js";
import { sentTo, thingOf } from "./name-things.js";
import { matches } from "./pattern.js";
import { reportHtml } from "./report.js";
import { planOf, statesOf } from "./states.js";
import { NO_STATEMENT, parseStatement, type Statement } from "./statement.js";
import { completed } from "./tally.js";
import type { Audit, Observation, StateName, Visit } from "./types.js";

const PAGE = "https://shop.example/start";
const AT = { region: null, at: 1_000_000 };

const seen = (given: Partial<Observation> & Pick<Observation, "act" | "what">): Observation => ({
  phase: 0,
  by: ["test"],
  pages: ["/start"],
  times: 1,
  bytes: 0,
  planted: [],
  identified: false,
  isPart: false,
  ...given,
});

/** A visit in which all of this was seen in the last of its phases. */
function visitOf(state: StateName, statement: Statement, ...observations: Observation[]): Visit {
  const { start, turns } = planOf(state, statement.consent, AT);
  const phases = [start, ...turns.map(({ phase }) => phase)];
  const last = phases.length - 1;
  return {
    state,
    phases,
    observations: observations.map((one) => ({ ...one, phase: last })),
    steps: [],
    doubts: [],
  };
}

const ads = { what: "https://ads.example/*", purposes: ["advertising"] as const, why: "Advertising" };
const withAds: Statement = { ...NO_STATEMENT, needs: [ads] };
const outcome = (state: StateName, statement: Statement, ...observations: Observation[]) =>
  judge([visitOf(state, statement, ...observations)], statement, PAGE).outcome;

describe("patterns of the policy file", () => {
  it.each([
    ["cookie:_ga", "cookie:_ga", true],
    ["cookie:_ga", "cookie:_gat", false],
    ["cookie:_ga*", "cookie:_gat", true],
    ["https://*.example/a*z", "https://a.example/abcz", true],
    ["a*a", "a", false],
    ["*", "", true],
  ])("%s of %s: %s", (pattern, text, expected) => expect(matches(pattern, text)).toBe(expected));

  it("agree with the same pattern as a regular expression", () => {
    const part = fc.string({ unit: fc.constantFrom("a", "b", "*"), maxLength: 8 });
    const text = fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 12 });
    fc.assert(
      fc.property(part, text, (pattern, given) => {
        expect(matches(pattern, given)).toBe(new RegExp(`^${pattern.replaceAll("*", ".*")}$`).test(given));
      }),
    );
  });
});

describe("planted values", () => {
  const markers = plant("0123456789abcdef");
  const find = createFinder(markersOf(markers));
  const mail = markers.typed.email;

  it.each([
    ["as it is", mail.value],
    ["percent-encoded", encodeURIComponent(mail.value)],
    ["in capitals", mail.value.toUpperCase()],
    ["in JSON", JSON.stringify({ mail: mail.value })],
    ["in base64", Buffer.from(mail.value).toString("base64")],
    ["in base64, not at its beginning", Buffer.from(`m=${mail.value}&x`).toString("base64")],
    ["in base64, one further", Buffer.from(`me=${mail.value}&x`).toString("base64")],
    ["as SHA-256", createHash("sha256").update(mail.value).digest("hex")],
    ["as MD5 in capitals", createHash("md5").update(mail.value).digest("hex").toUpperCase()],
  ])("are found %s", (_how, text) => expect(find([`before ${text} after`])).toEqual([mail.name]));

  it("are not found where they are not", () => expect(find(["typed@planted.example", ""])).toEqual([]));

  it("hold a card number with a right check digit, and spaces of a number may be gone", () => {
    const digits = [...markers.typed.card.value].reverse().map(Number);
    const sum = digits.reduce((so, digit, at) => {
      const value = at % 2 === 0 ? digit : digit * 2;
      return so + (value > 9 ? value - 9 : value);
    }, 0);
    expect(digits).toHaveLength(16);
    expect(sum % 10).toBe(0);
    expect(find([markers.typed.phone.value.replaceAll(/[ +]/g, "")])).toEqual([markers.typed.phone.name]);
  });
});

describe("states", () => {
  it("are those of the policy's purposes", () => {
    expect(statesOf({ version: "1", purposes: ["analytics", "advertising"] })).toEqual([
      "undecided",
      "denied",
      "analytics",
      "advertising",
      "granted",
      "gpc",
      "gpc-granted",
      "withdrawn",
    ]);
    expect(statesOf({ version: "1", purposes: ["analytics"] })).not.toContain("analytics");
  });

  it("allow what Attune's own machine allows", () => {
    const optOut = { version: "1", mode: "opt-out" } as const;
    expect(planOf("undecided", optOut, AT).start.grants.advertising).toBe(true);
    expect(planOf("gpc", optOut, AT).start.grants).toMatchObject({ advertising: false, analytics: true });
    const [gpc] = planOf("gpc-granted", { version: "1" }, AT).turns;
    expect(gpc?.phase.grants).toMatchObject({ advertising: false, marketing: false, analytics: true });
    const [one] = planOf("analytics", { version: "7" }, AT).turns;
    expect(one?.record).toMatchObject({ policyVersion: "7", grants: { analytics: true, marketing: false } });
    const [granted, withdrawn] = planOf("withdrawn", { version: "1" }, AT).turns;
    expect(withdrawn?.record.revision).toBeGreaterThan(granted?.record.revision ?? 9);
    expect(withdrawn?.phase.grants.analytics).toBe(false);
  });
});

describe("T24: the verdict", () => {
  const cookie = seen({ act: "write", what: "cookie:mine" });
  const sent = seen({ act: "send", what: "POST https://ads.example/x" });
  const allowing = (what: string, more = {}): Statement => ({
    ...NO_STATEMENT,
    needs: [{ what, purposes: ["necessary"], ...more }],
  });

  it.each<[string, StateName, Statement, Observation, Audit["outcome"]]>([
    ["an undeclared cookie before a decision", "undecided", NO_STATEMENT, cookie, "fail"],
    ["an undeclared cookie after a refusal", "denied", NO_STATEMENT, cookie, "fail"],
    ["an undeclared cookie after a withdrawal", "withdrawn", NO_STATEMENT, cookie, "fail"],
    ["an undeclared cookie under consent", "granted", NO_STATEMENT, cookie, "pass"],
    ["a cookie that is declared necessary", "undecided", allowing("cookie:mine"), cookie, "pass"],
    ["a read of an undeclared key", "undecided", NO_STATEMENT, seen({ ...cookie, act: "read" }), "fail"],
    ["advertising under analytics alone", "analytics", withAds, sent, "fail"],
    ["advertising under advertising alone", "advertising", withAds, sent, "pass"],
    ["advertising in spite of Global Privacy Control", "gpc-granted", withAds, sent, "fail"],
    ["a socket that stays open", "withdrawn", withAds, seen({ ...sent, act: "open" }), "fail"],
    [
      "another scheme to a declared host",
      "advertising",
      withAds,
      seen({ act: "send", what: "WebSocket wss://ads.example/x" }),
      "pass",
    ],
    [
      "a part of the page",
      "undecided",
      NO_STATEMENT,
      seen({ act: "send", what: "GET https://shop.example/a.css", isPart: true }),
      "pass",
    ],
    [
      "a part of the page that carries an identifier",
      "undecided",
      NO_STATEMENT,
      seen({ act: "send", what: "GET https://shop.example/a.gif", isPart: true, identified: true }),
      "fail",
    ],
    [
      "the ruleset without cookies",
      "undecided",
      NO_STATEMENT,
      seen({ act: "send", what: "GET https://shop.example/api/v1/ruleset" }),
      "pass",
    ],
    [
      "the ruleset with cookies",
      "undecided",
      NO_STATEMENT,
      seen({ act: "send", what: "GET https://shop.example/api/v1/ruleset", identified: true }),
      "fail",
    ],
    [
      "a ruleset of another host",
      "undecided",
      NO_STATEMENT,
      seen({ act: "send", what: "GET https://ads.example/api/v1/ruleset" }),
      "fail",
    ],
    [
      "planted data in what may be sent",
      "undecided",
      allowing("/search"),
      seen({ act: "send", what: "POST https://shop.example/search", planted: ["text"] }),
      "fail",
    ],
    [
      "planted data in what is meant to hold it",
      "undecided",
      allowing("/search", { carriesText: true }),
      seen({ act: "send", what: "POST https://shop.example/search", planted: ["text"] }),
      "pass",
    ],
  ])("%s", (_name, state, statement, observation, expected) => {
    // Under full consent a silent page would be doubted for its silence.
    const noise = seen({ act: "write", what: "cookie:attune-visitor" });
    const all = state === "granted" ? [observation, noise] : [observation];
    expect(outcome(state, statement, ...all)).toBe(expected);
  });

  it("is open where nothing happens under full consent, or a state was not reached", () => {
    expect(outcome("granted", NO_STATEMENT)).toBe("unclear");
    const doubted = { ...visitOf("denied", NO_STATEMENT), doubts: ["It was not denied."] };
    expect(judge([doubted], NO_STATEMENT, PAGE).outcome).toBe("unclear");
  });

  it("tells of one thing once, with all that was seen of it", () => {
    const lay = seen({ act: "remains", what: "cookie:mine", pages: ["/next"] });
    const visits = (["undecided", "withdrawn", "granted"] as const).map((state) =>
      visitOf(state, NO_STATEMENT, cookie, lay),
    );
    const { findings, rows } = judge(visits, NO_STATEMENT, PAGE);
    expect(findings).toEqual([
      {
        level: "violation",
        code: "not-covered",
        what: "cookie:mine",
        states: ["undecided", "withdrawn"],
        when: ["undecided", "withdrawn"],
        message:
          "cookie:mine was stored and lay on the device (test) on /start, /next: before anyone had decided, after consent was withdrawn.",
        cure: "Let it wait for consent, or, if it is strictly necessary, say so under /needs of the policy file.",
      },
    ]);
    expect(rows).toHaveLength(1);
    expect(rows[0]?.cells).toMatchObject({
      undecided: { outcome: "violation", times: 2 },
      granted: { outcome: "undeclared" },
    });
  });
});

describe("T24: what is out of sight", () => {
  const worker = seen({ act: "open", what: "SharedWorker https://shop.example/shared.js" });

  it("leaves the audit open, unless the site says what it is for", () => {
    expect(outcome("undecided", NO_STATEMENT, worker)).toBe("unclear");
    const declared = (purpose: "necessary" | "analytics"): Statement => ({
      ...NO_STATEMENT,
      needs: [{ what: "/shared.js", purposes: [purpose] }],
    });
    expect(outcome("undecided", declared("necessary"), worker)).toBe("pass");
    expect(outcome("undecided", declared("analytics"), worker)).toBe("fail");
  });
});

describe("T24: ids in what is kept", () => {
  it.each([
    ["k3f9a8b7c6d5e4", ["k3f9a8b7c6d5e4"]],
    ['{"id":"k3f9a8b7c6d5e4","seen":true}', ["k3f9a8b7c6d5e4"]],
    ["%7B%22id%22%3A%22k3f9a8b7c6d5e4%22%7D", ["k3f9a8b7c6d5e4"]],
    ["%E0%A4%A", []],
    ["personalization", ["personalization"]],
    ["personalization,recommendation", []],
    ["en-GB", []],
  ])("%s", (value, ids) => {
    const found = idsIn(value);
    expect(
      found.filter((id) => id !== value || ids.includes(id)).filter((id, at, all) => all.indexOf(id) === at),
    ).toEqual(ids);
  });
});

describe("names of things", () => {
  it("leave queries out, and what stays on the machine", () => {
    expect(sentTo("GET", "/a?id=7#x", PAGE)).toBe("GET https://shop.example/a");
    expect(sentTo("GET", "data:,x", PAGE)).toBeNull();
    expect(sentTo("GET", "https://[", PAGE)).toBeNull();
  });

  it("say whose it is where it is another's", () => {
    const entry = { kind: "write", api: "cookieStore", target: "c", detail: "", at: 0 } as const;
    expect(thingOf(entry, "shop.example", "shop.example")).toBe("cookie:c");
    expect(thingOf(entry, "ads.example", "shop.example")).toBe("cookie:c@ads.example");
  });

  it("of the browser and of scripts are put together", () => {
    const told = seen({ act: "send", what: "POST https://a/b", bytes: null, by: ["beacon"] });
    const more = seen({ act: "send", what: "POST https://a/b", bytes: 7, by: ["script"], planted: ["text"] });
    const late = seen({ act: "send", what: "POST https://a/late", bytes: 3 });
    expect(completed([told], [more, late], true)).toEqual([
      { ...told, bytes: 7, by: ["beacon", "script"], planted: ["text"] },
      late,
    ]);
    expect(completed([told], [late], false)).toEqual([told]);
  });
});

describe("the policy file", () => {
  it("is taken with all defaults", () => {
    const parsed = parseStatement({ consent: { version: "2" }, cookies: { visitor: "v" }, needs: [ads] });
    expect(parsed).toEqual({
      ok: true,
      value: {
        ...NO_STATEMENT,
        consent: { version: "2" },
        cookies: { consent: "attune-consent", visitor: "v" },
        needs: [ads],
      },
    });
  });

  it("is told all that is wrong with it", () => {
    const parsed = parseStatement({
      consent: { mode: "maybe" },
      own: "cdn",
      decideBy: { granted: [] },
      needs: [{ what: "ga", purposes: [] }, { what: "cookie:a", purposes: ["fun"], extra: 1 }, 7],
      other: 1,
    });
    expect(parsed.ok ? [] : parsed.error.map(({ path }) => path)).toEqual([
      "/other",
      "/consent/version",
      "/consent/mode",
      "/own",
      "/decideBy",
      "/needs/0/what",
      "/needs/0/purposes",
      "/needs/1/purposes",
      "/needs/1/extra",
      "/needs/2",
    ]);
    expect(parseStatement(null).ok).toBe(false);
  });
});

it("a Chromium is looked for by name, then on the PATH", () => {
  expect(findChromium({ CHROMIUM: "/a", PATH: "/bin" }, () => false)).toBe("/a");
  expect(findChromium({ PATH: "/x:/bin" }, (path) => path === "/bin/google-chrome")).toBe(
    "/bin/google-chrome",
  );
  expect(findChromium({ PATH: "" }, () => false)).toBeNull();
});

it("names that come from a page are no markup in the report", () => {
  const hostile = "<img src=x onerror=alert(1)>";
  const statement: Statement = { ...NO_STATEMENT, needs: [{ ...ads, why: hostile }] };
  const visits = [visitOf("undecided", statement, seen({ act: "write", what: `cookie:${hostile}` }))];
  const html = reportHtml({
    format: "attune-audit",
    version: 1,
    ...judge(visits, statement, PAGE),
    url: PAGE,
    startedAt: "2026-11-26T10:00:00.000Z",
    endedAt: "2026-11-26T10:01:00.000Z",
    browser: hostile,
    attune: "0",
    policy: { version: "1", mode: "opt-in", region: hostile, file: hostile, sha256: "0" },
    decidedBy: "clicks",
    secondsPerState: 1,
    states: ["undecided"],
    visits: [{ state: "undecided", steps: [hostile], doubts: [hostile] }],
    needs: statement.needs,
  });
  expect(html).toContain("&lt;img src=x");
  expect(html).not.toContain("<img");
});
