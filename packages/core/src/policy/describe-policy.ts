import { resolvePolicy } from "../consent/policy.js";
import { PURPOSES, type ConsentMode, type Purpose, type ResolvedConsentPolicy } from "../consent/types.js";
import type { EventProperty } from "../events/define-events.js";
import { purposesOf } from "../events/names.js";
import { FEATURES } from "../state/definitions.js";
import { capturedEvents, LEARNED, LEARNED_FROM, RECORDED } from "./groups.js";
import { policyEn } from "./messages/en.js";
import { tokenCookie } from "./token-cookie.js";
import type { PolicyBlock, PolicyDocument, PolicyInput, PolicyMessages, PolicySection } from "./types.js";

const DAY_MS = 86_400_000;
/** How long the engine's cookies are kept. */
export const COOKIE_DAYS = 395;
/** How long the server's is kept at most. */
export const TOKEN_DAYS = 180;

interface Writing {
  input: PolicyInput;
  say: PolicyMessages;
  policy: ResolvedConsentPolicy;
}

/**
 * A privacy policy in plain words, written from what is declared: the purposes that are asked for, the events that are recorded for each, what is worked
 * out of them, what is kept where and for how long. So it says what the code does, and changes when that does. Pure. A host's own events are named
 * with their properties, or in the host's `words`. It covers what Attune does on a site, not what else the site does.
 */
export function describePolicy(input: PolicyInput, messages: PolicyMessages = policyEn): PolicyDocument {
  const writing: Writing = { input, say: messages, policy: resolvePolicy(input.consent) };
  const asked = PURPOSES.filter(
    (purpose) => purpose === "necessary" || (writing.policy.purposes as readonly Purpose[]).includes(purpose),
  );
  return {
    lang: messages.lang,
    title: messages.title,
    sections: [
      responsible(writing),
      choice(writing),
      ...asked.map((purpose) => purposeSection(writing, purpose)),
      onDevice(writing),
      kept(writing),
      { id: "never", heading: messages.never.heading, blocks: [listOf("", messages.never.items)] },
      { id: "rights", heading: messages.rights.heading, blocks: [listOf("", messages.rights.items)] },
    ],
  };
}

/** In one pass, so that nothing that is filled in is looked at again. */
const fill = (text: string, values: Readonly<Record<string, string>>): string =>
  text.replace(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole);
const paragraph = (text: string): PolicyBlock => ({ type: "paragraph", text });
const listOf = (label: string, items: readonly string[]): PolicyBlock => ({ type: "list", label, items });
/** As people count it: in days up to two months, in months from then on. */
function span(ms: number, lang: string): string {
  const days = Math.round(ms / DAY_MS);
  const [unit, amount] = days < 60 ? ["day", days] : ["month", Math.round(days / 30.4)];
  return new Intl.NumberFormat(lang, { style: "unit", unit, unitDisplay: "long" }).format(amount as number);
}

function responsible({ input, say }: Writing): PolicySection {
  return {
    id: "responsible",
    heading: say.who.heading,
    blocks: [paragraph(fill(say.who.text, input.controller))],
  };
}

function choice({ say, policy }: Writing): PolicySection {
  const modes = new Set<ConsentMode>([policy.mode, ...Object.values(policy.regions)]);
  const asksFirst = modes.has("opt-in");
  const asksLater = modes.has("opt-out") || modes.has("none");
  const off = policy.gpcDenies.filter((purpose) => policy.purposes.includes(purpose));
  return {
    id: "choice",
    heading: say.choice.heading,
    blocks: [
      paragraph(say.choice[asksFirst && asksLater ? "both" : asksFirst ? "opt-in" : "opt-out"]),
      paragraph(say.choice.change),
      paragraph(fill(say.choice.again, { time: span(policy.expiresAfterMs, say.lang) })),
      ...(off.length > 0
        ? [
            paragraph(
              fill(say.choice.gpc, { purposes: off.map((purpose) => say.purposes[purpose].name).join(", ") }),
            ),
          ]
        : []),
    ],
  };
}

function purposeSection(writing: Writing, purpose: Purpose): PolicySection {
  const { input, say } = writing;
  const { name, description } = say.purposes[purpose];
  const lists = [
    [say.recorded, recordedFor(writing, purpose)],
    [say.learned, learnedFor(writing, purpose)],
    [say.shared, purpose === "necessary" ? [] : (input.recipients?.[purpose] ?? [])],
  ] as const;
  return {
    id: `purpose-${purpose}`,
    heading: name,
    blocks: [
      paragraph(description),
      ...lists.flatMap(([label, items]) => (items.length > 0 ? [listOf(label, items)] : [])),
    ],
  };
}

/** Names of all events that can happen, the library's and the host's. */
function namesOf({ input }: Writing): string[] {
  const own = Object.keys(input.events?.definitions ?? {});
  return [...new Set([...(input.captured ?? capturedEvents()), ...(input.known ?? []), ...own])];
}

function recordedFor(writing: Writing, purpose: Purpose): string[] {
  const { input, say } = writing;
  const names = namesOf(writing).filter((name) => purposesOf(name, input.events).includes(purpose));
  const items = names.map((name) => {
    const group = RECORDED[name];
    return input.words?.[name] ?? (group ? say.groups.recorded[group] : ownEvent(writing, name));
  });
  if (purpose === "analytics" || purpose === "marketing") items.push(say.campaign);
  return [...new Set(items)];
}

function ownEvent({ input, say }: Writing, name: string): string {
  const properties = Object.entries(input.events?.definitions[name]?.properties ?? {});
  if (properties.length === 0) return fill(say.event.bare, { name });
  const said = ([key, property]: [string, EventProperty]): string =>
    typeof property === "object" && "type" in property && property.sensitive ? `${key} (${say.sealed})` : key;
  return fill(say.event.with, { name, properties: properties.map(said).join(", ") });
}

function learnedFor(writing: Writing, purpose: Purpose): string[] {
  const { input, say } = writing;
  const recorded = new Set(namesOf(writing).map((name) => RECORDED[name]));
  const items = (input.features ?? FEATURES).flatMap(({ name, description, purposes }) => {
    if (!purposes.includes(purpose)) return [];
    const group = LEARNED[name];
    if (group === undefined) return [input.words?.[name] ?? description];
    const sources = LEARNED_FROM[group];
    return !sources || sources.some((source) => recorded.has(source)) ? [say.groups.learned[group]] : [];
  });
  return [...new Set(items)];
}

function onDevice({ input, say, policy }: Writing): PolicySection {
  const { consent = "attune-consent", visitor = "attune-visitor" } = input.cookies ?? {};
  const lasting = span(COOKIE_DAYS * DAY_MS, say.lang);
  const { site = "default" } = input;
  const known = policy.purposes.includes("analytics") || policy.purposes.includes("personalization");
  const rows = [
    [consent, say.device.consent, lasting],
    ...(known
      ? [
          [visitor, say.device.visitor, lasting],
          [`attune-${site}`, say.device.database, say.device.withdrawn],
          ...((input.serverCookie ?? true)
            ? [[tokenCookie(site), say.device.token, span(TOKEN_DAYS * DAY_MS, say.lang)]]
            : []),
        ]
      : []),
    ...(input.overrides === true ? [["attune-variants", say.device.overrides, say.device.tab]] : []),
  ];
  const { heading, text, head } = say.device;
  return {
    id: "device",
    heading,
    blocks: [...(known ? [paragraph(text)] : []), { type: "table", label: heading, head, rows }],
  };
}

function kept({ input, say }: Writing): PolicySection {
  const text = fill(say.kept.text, { time: span(input.retentionMs ?? 395 * DAY_MS, say.lang) });
  return { id: "kept", heading: say.kept.heading, blocks: [paragraph(text)] };
}
