import { readFile } from "node:fs/promises";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SECRET, startTestServer, type TestServer } from "../testing/start.js";
import { VERSION } from "../version.js";
import { escapeHtml } from "../http/page.js";
import { schemaHtml, typeOf } from "./docs-schema.js";
import { docsPage } from "./docs-page.js";
import { templateOf } from "./document.js";
import { operations } from "./operations.js";

interface Entry {
  operationId: string;
  security: Record<string, string[]>[];
  requestBody?: { content: Record<string, { schema: { title?: string } }> };
  parameters?: { name: string }[];
  responses: Record<string, unknown>;
  "x-undescribed"?: true;
}
interface Document {
  openapi: string;
  info: { version: string };
  paths: Record<string, Record<string, Entry>>;
  components: { schemas: Record<string, unknown>; securitySchemes: Record<string, unknown> };
}

let at: TestServer;
let document: Document;
beforeAll(async () => {
  at = await startTestServer({ dashboard: { directory: "/nowhere" } });
  document = await (await at.call("/openapi.json", { key: null })).json();
});
afterAll(() => at.close());

const entries = () =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, entry]) => ({ path, method: method.toUpperCase(), entry })),
  );

/**
 * `METHOD /path` of each route in the rows of a table: what stands in code there is a method, a path, or both. A path takes the methods
 * named since the path before it, or else those of that one.
 */
function listedRoutes(markdown: string): string[] {
  const found: string[] = [];
  for (const row of markdown.split("\n").filter((line) => line.startsWith("|"))) {
    let methods: string[] = [];
    let isUsed = false;
    for (const [, code = ""] of row.matchAll(/`([^`]*)`/g)) {
      const [, method, path] = /^(GET|POST|PUT|DELETE)?(?: |$|(?=\/))(\/[^\s?]*)?/.exec(code) ?? [];
      if (method !== undefined) {
        methods = isUsed ? [method] : [...methods, method];
        isUsed = false;
      }
      if (path === undefined) continue;
      isUsed = true;
      found.push(...methods.map((one) => `${one} ${path}`));
    }
  }
  return found;
}

describe("GET /openapi.json", () => {
  it("has every route that is registered, each described, and no other", () => {
    const undescribed = entries().filter(({ entry }) => entry["x-undescribed"]);
    expect(undescribed.map(({ method, path }) => `${method} ${path}`)).toEqual([]);
    const registered = entries().map(({ method, path }) => `${method} ${path}`);
    const described = Object.keys(operations).map((key) => templateOf(key));
    expect([...registered].sort()).toEqual([...described].sort());
  });

  it("is what answers: a path that it has is never one that nobody knows, whatever else is wrong", async () => {
    for (const { path, method } of entries()) {
      const target = path.replace(/\{\w+\}/g, "some");
      const response = await fetch(at.url + target, { method, redirect: "manual" });
      expect(response.status, `${method} ${path}`).not.toBe(405);
      if (response.status === 404) expect((await response.json()).type).not.toBe("ATTUNE_SERVER_ROUTE");
      else await response.body?.cancel();
    }
  });

  it("is OpenAPI 3.1 whose references lead somewhere and whose schemas are schemas", () => {
    expect(document.openapi).toBe("3.1.0");
    expect(document.info.version).toBe(VERSION);
    const text = JSON.stringify(document);
    for (const [, name = ""] of text.matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g))
      expect(document.components.schemas).toHaveProperty(name);
    expect(text).not.toContain('"$schema"');
    const ajv = new Ajv2020({ strict: false, validateFormats: false });
    const schemas: object[] = [];
    const collect = (value: unknown): void => {
      if (typeof value !== "object" || value === null) return;
      for (const [key, inner] of Object.entries(value))
        if (key === "schema" && typeof inner === "object") schemas.push(inner as object);
        else collect(inner);
    };
    collect(document.paths);
    expect(schemas.length).toBeGreaterThan(100);
    for (const schema of schemas) expect(ajv.validateSchema(schema), JSON.stringify(schema)).toBe(true);
  });

  it("names each operation once, and says for each who may call it", () => {
    const ids = entries().map(({ entry }) => entry.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    const schemes = Object.keys(document.components.securitySchemes);
    for (const { entry } of entries())
      for (const one of entry.security) for (const name of Object.keys(one)) expect(schemes).toContain(name);
    const { get, put } = document.paths["/api/v1/ruleset"] as { get: Entry; put: Entry };
    expect(get.security.map((one) => Object.keys(one)[0])).toContain("writeKey");
    expect(put.security.map((one) => Object.keys(one)[0])).toEqual(["secretKey", "session"]);
    expect(put.parameters?.map(({ name }) => name)).toEqual(["if-match", "Idempotency-Key"]);
    expect(Object.keys(put.responses)).toEqual(
      expect.arrayContaining(["200", "400", "401", "403", "409", "413", "422"]),
    );
    expect(document.paths["/health"]?.get?.security).toEqual([]);
  });

  it("stands under the base path, and says so", async () => {
    const under = await startTestServer({ basePath: "/attune" });
    const own = await (await under.call("/attune/openapi.json", { key: null })).json();
    expect(own.servers).toEqual([{ url: "/attune" }]);
    expect(await (await under.call("/attune/docs", { key: null })).text()).toContain(
      'href="/attune/openapi.json"',
    );
    expect((await under.call("/attune/api/v1/simulation", { key: SECRET })).status).toBe(200);
    await under.close();
  });

  it("has the very routes that the README lists, with their methods", async () => {
    const readme = await readFile(new URL("../../README.md", import.meta.url), "utf8");
    const registered = entries().map(({ method, path }) => `${method} ${path}`);
    // What the dashboard's page is made of: the README names where it begins.
    const files = ["GET /dashboard", "GET /dashboard/sign-in", "GET /dashboard/{file}"];
    // A page for browsers, which is no part of the document.
    const listed = new Set([...listedRoutes(readme), ...files]);
    listed.delete("GET /");
    expect([...listed].sort()).toEqual([...registered].sort());
  });

  it("has a README whose routes are told apart by the whole path", () => {
    const row = "| `GET`, `POST /a`; `PUT /a/{id}` | `write` | not `/c`?x=1 but `/b/` |";
    expect(listedRoutes(`${row}\n| \`GET /d/e?wait=ms\`, \`/d\` | | \`POST\` of the same path |`)).toEqual([
      "GET /a",
      "POST /a",
      "PUT /a/{id}",
      "PUT /c",
      "PUT /b/",
      "GET /d/e",
      "GET /d",
    ]);
  });

  it("has the version of the package", async () => {
    const own = JSON.parse(await readFile(new URL("../../package.json", import.meta.url), "utf8"));
    expect(own.version).toBe(VERSION);
  });
});

describe("GET /docs", () => {
  it("is one page with everything in it and nothing from elsewhere", async () => {
    const response = await at.call("/docs", { key: null });
    const html = await response.text();
    expect(response.headers.get("content-type")).toBe("text/html; charset=utf-8");
    const policy = response.headers.get("content-security-policy") ?? "";
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain("unsafe");
    for (const { path, entry } of entries()) {
      expect(html).toContain(escapeHtml(path));
      expect(html).toContain(`id="${entry.operationId}"`);
    }
    expect(html).not.toMatch(/(src|href)="?(https?:)?\/\//);
    expect(html).not.toMatch(/ (style|on\w+)=/);
  });

  it("shows what is written in a document as text, whatever it is", () => {
    const evil = "</script><img src=x onerror=alert(1)>\"'&";
    const { html } = docsPage(
      {
        info: { title: evil, version: evil, description: evil },
        components: {
          schemas: { [evil]: { description: evil, properties: { [evil]: { description: evil } } } },
        },
        paths: {
          [`/${evil}`]: {
            get: {
              operationId: evil,
              tags: [evil],
              summary: evil,
              description: evil,
              parameters: [{ name: evil, in: "query", description: evil, schema: { enum: [evil] } }],
              responses: { 200: { description: evil } },
            },
          },
        },
      },
      "",
    );
    expect(html).not.toContain("<img");
    expect(html.match(/<script/g)).toHaveLength(1);
  });

  it("says types in a few words", () => {
    expect(typeOf({ type: "integer", minimum: 1, maximum: 200 })).toBe("integer, 1 to 200");
    expect(typeOf({ type: ["string", "null"] })).toBe("string | null");
    expect(typeOf({ type: "array", items: { $ref: "#/components/schemas/A" } })).toBe("list of A");
    expect(typeOf({ enum: ["a", 1] })).toBe('"a" | 1');
    expect(typeOf({})).toBe("any");
    expect(schemaHtml({ type: "string" })).toBe("<p class=type>string</p>");
  });
});
