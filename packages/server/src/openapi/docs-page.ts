import { createHash } from "node:crypto";
import { escapeHtml } from "../http/page.js";
import { prose, schemaHtml, typeOf } from "./docs-schema.js";
import { SCRIPT, STYLE } from "./docs-style.js";

type Json = Record<string, unknown>;

interface Entry extends Json {
  operationId?: string;
  tags?: string[];
  summary: string;
  description?: string;
  "x-scope"?: string | null;
  parameters?: { name: string; in: string; required?: boolean; description: string; schema: Json }[];
  requestBody?: { content: Record<string, { schema?: Json }> };
  responses: Record<string, { description: string; content?: Record<string, { schema?: Json }> }>;
}

const hashOf = (text: string): string => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

/**
 * The document as a page: everything is in it, nothing is loaded, and of scripts and styles only these two run. It can be read without
 * scripts.
 */
export function docsPage(document: Json, basePath: string): { html: string; policy: string } {
  const paths = document.paths as Record<string, Record<string, Entry>>;
  const groups = new Map<string, string[]>();
  for (const [path, methods] of Object.entries(paths)) {
    for (const [method, entry] of Object.entries(methods)) {
      const [tag = "Other"] = entry.tags ?? [];
      groups.set(tag, [...(groups.get(tag) ?? []), operationHtml(method, path, entry)]);
    }
  }
  const definitions = (document.components as { schemas: Record<string, Json> }).schemas;
  const models = Object.entries(definitions).map(([name, schema]) => modelHtml(name, schema));
  groups.set("Definitions", models);
  const anchor = (name: string): string => `group-${name.toLowerCase().replace(/\W+/g, "-")}`;
  const sections = [...groups].map(
    ([name, parts]) =>
      `<section><h2 id="${anchor(name)}">${escapeHtml(name)}</h2>${parts.join("")}</section>`,
  );
  const links = [...groups.keys()].map(
    (name) => `<li><a href="#${anchor(name)}">${escapeHtml(name)}</a></li>`,
  );
  const { title, version, description } = document.info as Record<
    "title" | "version" | "description",
    string
  >;
  const html = `<!doctype html><html lang=en><head><meta charset=utf-8><meta name=viewport content="width=device-width,initial-scale=1">
<title>${escapeHtml(title)} API</title><style>${STYLE}</style></head><body>
<header><div><h1>${escapeHtml(title)} API</h1><p>${prose(description)}</p><div class=tags><span class=tag>version ${escapeHtml(version)}</span><a class=tag href="${escapeHtml(basePath)}/openapi.json">openapi.json</a></div></div></header>
<div class=layout><nav aria-label="Routes"><input type=search placeholder="Find a route ( / )" aria-label="Find a route" autocomplete=off><ul class=groups>${links.join("")}</ul></nav>
<main>${sections.join("")}<p class=none hidden>No route has all of these words.</p></main></div><script>${SCRIPT}</script></body></html>`;
  const policy = `default-src 'none'; style-src ${hashOf(STYLE)}; script-src ${hashOf(SCRIPT)}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;
  return { html, policy };
}

function operationHtml(method: string, path: string, entry: Entry): string {
  const {
    operationId = `${method} ${path}`,
    summary,
    description,
    parameters = [],
    requestBody,
    responses,
  } = entry;
  const scope = entry["x-scope"];
  const words = `${method} ${path} ${summary} ${operationId} ${entry.tags?.join(" ") ?? ""}`.toLowerCase();
  const body = Object.entries(requestBody?.content ?? {}).find(([, { schema }]) => schema)?.[1].schema;
  const rows = parameters.map(
    ({ name, in: place, required, description: said, schema }) =>
      `<div><dt><code>${escapeHtml(name)}</code><span class=type>${place}</span>${required ? "<span class=req>required</span>" : ""}</dt><dd><span class=type>${escapeHtml(typeOf(schema))}</span> ${prose(said)}</dd></div>`,
  );
  return `<details class=op id="${escapeHtml(operationId)}" data-find="${escapeHtml(words)}"><summary><span class="m ${method}">${method.toUpperCase()}</span><span class=path>${escapeHtml(path)}</span><span class=sum>${escapeHtml(summary)}</span></summary><div class=in>${
    description === undefined ? "" : `<p>${prose(description)}</p>`
  }<div class=tags><span class=tag>${scope ? `scope ${escapeHtml(scope)}` : "open to everyone"}</span><span class=tag>${escapeHtml(operationId)}</span></div>${
    rows.length > 0 ? `<h3>Parameters</h3><dl class=rows>${rows.join("")}</dl>` : ""
  }${body ? `<h3>Body</h3>${schemaHtml(body)}` : ""}<h3>Answers</h3><dl class=rows>${Object.entries(responses).map(answerHtml).join("")}</dl></div></details>`;
}

function answerHtml([status, { description, content = {} }]: [string, Entry["responses"][string]]): string {
  const [type = "", media] = Object.entries(content)[0] ?? [];
  const schema = media?.schema;
  const said = type.includes("problem") ? codesHtml(schema) : schema ? schemaHtml(schema) : "";
  return `<div><dt><span class=st>${escapeHtml(status)}</span>${type === "" ? "" : `<span class=type>${escapeHtml(type)}</span>`}</dt><dd>${prose(description)}${said}</dd></div>`;
}

/** The codes that a problem may have here. */
function codesHtml(schema: Json | undefined): string {
  const parts = (schema?.allOf ?? []) as {
    properties?: { type?: { enum?: string[]; examples?: string[] } };
  }[];
  const type = parts.find(({ properties }) => properties)?.properties?.type;
  const codes = type?.enum ?? type?.examples ?? [];
  return `<div class=codes>${codes.map((code) => `<code>${escapeHtml(code)}</code>`).join("")}</div>`;
}

function modelHtml(name: string, schema: Json): string {
  const said = typeof schema.description === "string" ? schema.description : "";
  return `<details class=op id="${escapeHtml(name)}" data-find="${escapeHtml(name.toLowerCase())}"><summary><span class=m></span><span class=path>${escapeHtml(name)}</span><span class=sum>${prose(said)}</span></summary><div class=in>${schemaHtml(schema)}</div></details>`;
}
