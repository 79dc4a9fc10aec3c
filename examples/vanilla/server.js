import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize, sep } from "node:path";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const core = fileURLToPath(new URL(".", import.meta.resolve("@attune/core")));
const TYPES = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css" };
const PAGES = ["/page.html", "/page.js", "/ruleset.js", "/style.css"];

/** The page's own files by name, and what the library was built to. */
function fileOf(path) {
  if (path === "/") return join(here, "page.html");
  if (PAGES.includes(path)) return join(here, path);
  if (!path.startsWith("/core/")) return null;
  const file = normalize(join(core, path.slice("/core/".length)));
  return file.startsWith(core.endsWith(sep) ? core : core + sep) ? file : null;
}

export const server = createServer(async (request, response) => {
  try {
    const file = fileOf(decodeURIComponent(new URL(request.url, "http://page").pathname));
    const body = file === null ? null : await readFile(file);
    if (body === null) throw new Error("not here");
    response.setHeader("content-type", TYPES[extname(file)] ?? "application/octet-stream");
    response.end(body);
  } catch {
    response.statusCode = 404;
    response.end("Not found");
  }
});

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const port = Number(process.env.PORT ?? 3200);
  server.listen(port, "127.0.0.1", () => {
    console.log(`The Harbour Letter: http://localhost:${server.address().port}`);
  });
}
