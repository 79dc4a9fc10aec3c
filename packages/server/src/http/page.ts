import { createHash } from "node:crypto";

/** A page that this server writes itself, for people who came here by a browser. */
export interface Page {
  title: string;
  /** HTML of the body below the title, made of literals and `escapeHtml` only. */
  body: string;
  status?: number;
  headers?: Readonly<Record<string, string>>;
}

const STYLE = `:root{color-scheme:light dark;--back:#f4f6f7;--card:#fff;--ink:#17212a;--soft:#55636e;--line:#dde3e7;--mark:#0c7a63}
@media (prefers-color-scheme:dark){:root{--back:#10161b;--card:#182128;--ink:#e8edf0;--soft:#9aa8b3;--line:#2a363f;--mark:#6fd0b4}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:grid;grid-template-columns:minmax(0,38rem);place-content:center;padding:1.5rem;background:var(--back);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Liberation Sans",sans-serif}
main{background:var(--card);border:1px solid var(--line);border-radius:16px;padding:clamp(1.4rem,5vw,2.4rem)}
.brand{margin:0 0 1.4rem;font-weight:600;color:var(--soft);letter-spacing:-.01em}
h1{margin:0 0 .6rem;font-size:1.6rem;line-height:1.2;letter-spacing:-.02em;text-wrap:balance}
h2{margin:1.8rem 0 .4rem;font-size:1rem}
p{margin:0 0 .8rem}
.soft{color:var(--soft)}
ul{margin:0 0 .8rem;padding-left:1.2rem}
a{color:var(--mark);text-underline-offset:3px}
code,kbd{font:.9em ui-monospace,"SFMono-Regular","Liberation Mono",monospace}
kbd{border:1px solid var(--line);border-bottom-width:2px;border-radius:5px;padding:.05em .4em}
pre{margin:0 0 .8rem;padding:.8rem 1rem;background:var(--back);border:1px solid var(--line);border-radius:10px;white-space:pre-wrap;overflow-wrap:anywhere}
:focus-visible{outline:3px solid #2f82d6;outline-offset:2px}`;

/** The one style is allowed by its hash; no script, no picture, nothing from elsewhere. */
const CSP = `default-src 'none'; style-src 'sha256-${createHash("sha256").update(STYLE).digest("base64")}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

/** Whether whoever asks is a person before a browser: programs ask for JSON or for anything. */
export const wantsPage = (request: Request): boolean =>
  (request.headers.get("accept") ?? "").toLowerCase().includes("text/html");

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};
export const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (found) => ESCAPES[found] as string);

export function page({ title, body, status = 200, headers = {} }: Page): Response {
  const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>${escapeHtml(title)} · Attune</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style>
</head>
<body>
<main>
<p class="brand">Attune</p>
<h1>${escapeHtml(title)}</h1>
${body}
</main>
</body>
</html>
`;
  return new Response(html, {
    status,
    headers: {
      "content-type": "text/html; charset=utf-8",
      "cache-control": "no-store",
      "content-security-policy": `${CSP}; img-src data:`,
      vary: "accept",
      ...headers,
    },
  });
}
