import { escapeHtml } from "../http/page.js";

type Json = Readonly<Record<string, unknown>>;

const isJson = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const list = (value: unknown): readonly Json[] => (Array.isArray(value) ? value.filter(isJson) : []);

/** `code` in backticks. */
export const prose = (text: string): string => escapeHtml(text).replace(/`([^`]+)`/g, "<code>$1</code>");

/** A schema in a few words: `integer, 0 to 10`. */
export function typeOf(schema: Json): string {
  const {
    $ref,
    type,
    anyOf,
    items,
    enum: values,
    minimum,
    maximum,
    maxLength,
    additionalProperties,
  } = schema;
  if (typeof $ref === "string") return $ref.slice($ref.lastIndexOf("/") + 1);
  if ("const" in schema) return JSON.stringify(schema.const);
  if (Array.isArray(values)) return values.map((value) => JSON.stringify(value)).join(" | ");
  if (Array.isArray(anyOf)) return [...new Set(list(anyOf).map(typeOf))].join(" | ");
  const named = Array.isArray(type) ? type.join(" | ") : typeof type === "string" ? type : "any";
  if (type === "array") return isJson(items) && typeOf(items) !== "any" ? `list of ${typeOf(items)}` : "list";
  if (type === "object" && isJson(additionalProperties))
    return `object of ${typeOf(additionalProperties)} by name`;
  const bounds =
    minimum !== undefined && maximum !== undefined && Math.abs(Number(maximum)) < 1e9
      ? `, ${String(minimum)} to ${String(maximum)}`
      : maxLength !== undefined && schema.pattern === undefined
        ? `, at most ${String(maxLength)} characters`
        : "";
  return named + bounds;
}

/** The forms an object may have, where it has several. */
function formsOf(schema: Json): readonly Json[] {
  const forms = [...list(schema.anyOf), ...list(schema.oneOf)].filter((form) => isJson(form.properties));
  return forms.length > 0 && !isJson(schema.properties) ? forms : [];
}

const DEEPEST = 4;

/** The members of an object, each with what it is, nested as they are. */
export function schemaHtml(schema: Json, depth = 0): string {
  const forms = formsOf(schema);
  if (forms.length > 0)
    return forms
      .map((form, i) => `${i > 0 ? "<p class=type>or</p>" : ""}${schemaHtml(form, depth)}`)
      .join("");
  const inner = isJson(schema.items) ? schema.items : schema;
  if (!isJson(inner.properties) || depth >= DEEPEST)
    return depth === 0 ? `<p class=type>${prose(typeOf(schema))}</p>` : "";
  const required = new Set(Array.isArray(inner.required) ? (inner.required as unknown[]) : []);
  const rows = Object.entries(inner.properties).map(([name, given]) => {
    const member = isJson(given) ? given : {};
    const nested = schemaHtml(member, depth + 1);
    const said = typeof member.description === "string" ? prose(member.description) : "";
    const needed = required.has(name) ? "<span class=req>required</span>" : "";
    const head = `<dt><code>${escapeHtml(name)}</code>${needed}</dt>`;
    return `<div>${head}<dd><span class=type>${escapeHtml(typeOf(member))}</span> ${said}${nested === "" ? "" : `<div class=tree>${nested}</div>`}</dd></div>`;
  });
  return `<dl class=rows>${rows.join("")}</dl>`;
}
