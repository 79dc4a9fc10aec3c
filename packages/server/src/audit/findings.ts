import { listed } from "./needs.js";
import { union } from "./tally.js";
import type { Basis, Finding, Level, Need, Observation, StateName } from "./types.js";

const WHEN: Readonly<Record<Basis, string>> = {
  undecided: "before anyone had decided",
  refused: "after everything was refused",
  partly: "without the purpose that it needs",
  granted: "without the purpose that it needs",
  gpc: "with Global Privacy Control on",
  withdrawn: "after consent was withdrawn",
};

const ORDER: readonly Level[] = ["violation", "unclear", "undeclared", "note"];

/** What was seen of one thing so far, out of which its sentence is made in the end. */
interface Draft {
  level: Level;
  code: Finding["code"];
  what: string;
  states: readonly StateName[];
  when: readonly Basis[];
  seen: readonly string[];
  by: readonly string[];
  pages: readonly string[];
  planted: readonly string[];
  need: Need | null;
  /** Where it is no observation. */
  said: { message: string; cure: string } | null;
}

const NOTHING = { what: "", when: [], seen: [], by: [], pages: [], planted: [], need: null, said: null };

/** Collects findings: one for each thing and kind, with all states in which it was seen. */
export function createFindings() {
  const drafts = new Map<string, Draft>();
  const add = (key: string, draft: Draft): void => {
    const before = drafts.get(key);
    drafts.set(key, {
      ...draft,
      states: union(before?.states, draft.states),
      when: union(before?.when, draft.when),
      seen: union(before?.seen, draft.seen),
      by: union(before?.by, draft.by),
      pages: union(before?.pages, draft.pages),
      planted: union(before?.planted, draft.planted),
    });
  };
  const observed = (
    level: Level,
    code: Draft["code"],
    state: StateName,
    of: Observation,
    more: Partial<Draft>,
  ) =>
    add(`${code} ${kindOf(of)} ${of.what}`, {
      ...NOTHING,
      level,
      code,
      what: of.what,
      states: [state],
      seen: [deed(of)],
      by: of.act === "remains" ? [] : of.by,
      pages: of.pages,
      ...more,
    });
  const told = (level: Level, code: Draft["code"], state: StateName, message: string, cure: string): void =>
    add(`${code} ${message}`, { ...NOTHING, level, code, states: [state], said: { message, cure } });
  return {
    notCovered: (state: StateName, of: Observation, basis: Basis, need: Need | null): void =>
      observed("violation", "not-covered", state, of, { when: [basis], need }),
    undeclared: (state: StateName, of: Observation): void =>
      observed("undeclared", "undeclared", state, of, {}),
    planted: (state: StateName, of: Observation): void =>
      observed("violation", "planted", state, of, { planted: of.planted }),
    unseen: (state: StateName, of: Observation): void => observed("unclear", "unseen", state, of, {}),
    doubt: (state: StateName, doubt: string): void =>
      told("unclear", "not-reached", state, doubt, "Until this is cured, not all is known of this state."),
    silent: (): void => told("unclear", "silent", "granted", SILENT, SILENT_CURE),
    allCookies: (state: StateName): void =>
      told(
        "note",
        "all-cookies",
        state,
        ALL_COOKIES,
        "Nothing is to be done where only the decision is looked for.",
      ),
    all: (): Finding[] =>
      [...drafts.entries()]
        // What must not be is told once, with where it was seen under consent as well.
        .filter(([key, { code }]) => code !== "undeclared" || !drafts.has(key.replace(code, "not-covered")))
        .map(([, draft]) => finish(draft))
        .sort((a, b) => ORDER.indexOf(a.level) - ORDER.indexOf(b.level) || b.states.length - a.states.length),
  };
}

const SILENT =
  "Even with everything granted nothing was stored or sent that needs consent, so that silence in the other states may only mean that nothing was at work.";
const SILENT_CURE =
  "See that /consent of the policy file is the very policy that the page is given (version, purposes), /site and /cookies too; else let the audit decide by the banner (--by banner) or by clicks (/decideBy).";
const ALL_COOKIES =
  "Scripts looked at document.cookie, which gives all cookies at once: to find out whether there is a decision, or for more; a browser cannot tell.";

const kindOf = ({ act }: Observation): string =>
  act === "send" || act === "open" ? "sent" : act === "read" ? "read" : "stored";

function deed({ act, what, identified, isPart }: Observation): string {
  if (act === "write") return "was stored";
  if (act === "remains") return "lay on the device";
  if (act === "read") return "was looked for";
  if (what.startsWith("SharedWorker ")) return "was started";
  if (act === "open") return "stayed open";
  if (/^(WebSocket|webrtc:)/.test(what)) return "was opened";
  return `was ${what.startsWith("GET ") ? "asked for" : "sent"}${identified || isPart ? " with cookies or an identifier" : ""}`;
}

function finish({ level, code, what, states, when, seen, by, pages, planted, need, said }: Draft): Finding {
  const means = by.length > 0 ? ` (${by.join(", ")})` : "";
  const where = `${pages.slice(0, 3).join(", ")}${pages.length > 3 ? " and more" : ""}`;
  const deeds = `${what} ${seen.join(" and ")}${means} on ${where}`;
  const words = { message: "", cure: "" };
  if (code === "not-covered") {
    words.message = `${deeds}: ${[...new Set(when.map((basis) => WHEN[basis]))].join(", ")}.`;
    words.cure =
      need === null
        ? "Let it wait for consent, or, if it is strictly necessary, say so under /needs of the policy file."
        : `It is declared to need ${listed(need.purposes)}: let it wait for that, and end with it.`;
  } else if (code === "undeclared") {
    words.message = `${deeds}, under consent, and nobody said what it is for.`;
    words.cure = "Say under /needs of the policy file which purposes it needs.";
  } else if (code === "unseen") {
    words.message = `${deeds}: what it stores and sends cannot be seen from here.`;
    words.cure =
      "Audit the page with an ordinary Worker in its place; or find out by the worker's code, and say under /needs of the policy file which purposes it needs.";
  } else if (code === "planted") {
    words.message = `${deeds} with planted personal data in it: ${planted.join(", ")}.`;
    words.cure =
      "Reduce addresses and mask texts before they are kept or sent, or say carriesText: true under /needs if it is meant to hold them.";
  }
  return { level, code, what, states, when, ...(said ?? words) };
}
