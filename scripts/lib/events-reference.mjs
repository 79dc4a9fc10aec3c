import { join } from "node:path";
import { root } from "./run.mjs";

const typeOf = (type) =>
  Array.isArray(type) ? type.map((text) => `\`${text}\``).join(", ") : type.replace("?", "");
const isOptional = (type) => typeof type === "string" && type.endsWith("?");

function propertiesOf(properties) {
  const rows = Object.entries(properties).map(([name, { type, description, unit = "" }]) => {
    return `| \`${name}\` | ${typeOf(type)} | ${isOptional(type) ? "" : "always"} | ${unit} | ${description} |`;
  });
  return rows.length === 0
    ? "No properties of its own."
    : ["| property | type | there | unit | what |", "| --- | --- | --- | --- | --- |", ...rows].join("\n");
}

const senderOf = (sender) =>
  sender === "host"
    ? "the application"
    : sender === "engine"
      ? "the engine"
      : `the page by itself, option \`${sender.replace("capture.", "")}\``;

const sectionOf = (
  [name, { description, sender, element, properties }],
  { purposesOf, passive },
) => `### ${name}

${description}

Sent by: ${senderOf(sender)}. Purposes: ${purposesOf(name)
  .map((purpose) => `\`${purpose}\``)
  .join(", ")}.${element ? " With the element." : ""}${passive(name) ? "" : " Read by features."}

${propertiesOf(properties)}
`;

function pageOf({ STANDARD_EVENTS, purposesOf, isReadByName }) {
  const events = Object.entries(STANDARD_EVENTS);
  const known = { purposesOf, passive: (name) => !isReadByName(name) };
  const sections = (wanted) =>
    events
      .filter(([, { sender }]) => wanted(sender))
      .map((event) => sectionOf(event, known))
      .join("\n");
  const summary = events.map(
    ([name, { sender }]) =>
      `| [${name}](#${name.toLowerCase().replaceAll(" ", "-")}) | ${senderOf(sender)} | ${purposesOf(name).join(", ")} |`,
  );
  return `# Events

The names that the library knows. Written from its own list by \`node scripts/reference.mjs\`; \`npm run check -- docs\` finds out where it is stale. Any other name is the
host's own event: \`attune.track("Plan Chosen", { plan: "pro" })\`, typed by \`defineEvents\`.

| event | sent by | collected for |
| --- | --- | --- |
${summary.join("\n")}

An event is stored and sent if one of its purposes is granted, and is then used for those granted only. "Read by features": the fold has a rule for it, or counts it as an
interaction; such events are never left out under load.

## What every event carries

Id, time, site, visitor, session, a number that rises, the consent under which it happened; and a context: the page's address (without its query, except allowed names), the
referrer's origin, the title, the viewport, the language, the kind of device and, with consent, the campaign. "With the element": \`context.element\` has its \`tag\`, \`id\`
and \`name\` (\`data-attune-name\`), and \`text\` only where the host asked for it.

All texts are minimised before they are kept or sent: addresses, phone and card numbers and tokens are masked, secrets are left out, URLs lose their query.

## What a page is asked by attributes

| attribute | what it does |
| --- | --- |
| \`data-attune-ignore\` | nothing inside is captured by any kind; on \`<html>\`, nothing of the page at all, page views included |
| \`data-attune-name="…"\` | the name under which clicks, forms, fields and copying are told of an element |
| \`data-attune-text\` | the text of clicked elements inside may be told, masked, up to 40 characters; never what was typed |
| \`data-attune-view="…"\` | [Element Viewed](#element-viewed) |
| \`data-attune-hover="…"\` | [Element Hovered](#element-hovered) |
| \`data-attune-scroll="…"\` | [Element Scrolled](#element-scrolled) |

\`\`\`ts
import { browser } from "@attune/core/browser";

// Each kind is on unless it is switched off; \`capture: false\` switches off all.
export const environment = browser({
  endpoint: "https://attune.example.com",
  writeKey: "wk_public",
  capture: { exitIntent: false, errors: { stack: true, perPage: 5 }, text: true },
});
\`\`\`

Capture is a chunk of its own, fetched when the engine starts; the first page view does not wait for it, and clicks in between are kept for it. It listens passively, and
looks at what moves and scrolls once a frame at most.

What it does not know: a shadow tree that is closed; what happens in frames; whether a form that scripts sent was accepted; a request that answers a click after three
seconds without the page showing anything. Exit intent is a guess.

## Captured by the page

${sections((sender) => sender.startsWith("capture."))}
## Sent by the engine

${sections((sender) => sender === "engine")}
## Sent by the application

By \`track\`, or over HTTP. Further properties are kept as they come.

${sections((sender) => sender === "host")}`;
}

/** The page of all standard events, as the built library says it has to be. */
export async function eventsReference() {
  const core = join(root, "packages/core/dist");
  const { STANDARD_EVENTS, purposesOf } = await import(join(core, "events/index.js"));
  const { isReadByName } = await import(join(core, "index.js"));
  return { "docs/events.md": pageOf({ STANDARD_EVENTS, purposesOf, isReadByName }) };
}
