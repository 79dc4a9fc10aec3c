import { createHash } from "node:crypto";
import { escapeHtml } from "../http/page.js";
import { listed } from "./needs.js";
import { STYLE } from "./report-style.js";
import {
  ACT_WORDS,
  DECIDED_WORDS,
  GROUP_WORDS,
  LEVEL_WORDS,
  LIMITS,
  OUTCOME_WORDS,
  RULES,
} from "./report-words.js";
import { STATE_WORDS } from "./states.js";
import type { Audit, Cell, Finding, Row } from "./types.js";

/** Names and addresses come from the page: nothing of them is markup here. */
const e = escapeHtml;
const CSP = `default-src 'none'; style-src 'sha256-${createHash("sha256").update(STYLE).digest("base64")}'; base-uri 'none'; form-action 'none'`;

/** An audit as one page that needs nothing else: to be read on a screen, printed and filed. No scripts. */
export function reportHtml(given: Audit): string {
  const audit = withShortNames(given);
  const { url, outcome } = audit;
  const [mark, name, text] = OUTCOME_WORDS[outcome];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${CSP}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>Consent audit of ${e(new URL(url).host)}, ${audit.startedAt.slice(0, 10)}</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style>
</head>
<body>
<main>
<p class="kind">Consent audit</p>
<h1>What this page stores, sends and reads</h1>
<p class="address">${e(url)}</p>
<div class="outcome ${outcome}"><span class="mark" aria-hidden="true">${mark}</span><strong>${name}</strong><p>${text}</p></div>
${facts(audit)}
${findingsSection(audit)}
${statesSection(audit)}
${(["stored", "sent", "read"] as const).map((group) => rowsSection(audit, group)).join("\n")}
${stepsSection(audit)}
${needsSection(audit)}
<section><h2>How it was judged</h2><ul>${RULES.map((rule) => `<li>${e(rule)}</li>`).join("")}</ul></section>
<section><h2>Limits of the method</h2><ul>${LIMITS.map((limit) => `<li>${e(limit)}</li>`).join("")}</ul></section>
<div class="sign"><div>Checked by</div><div>Date</div></div>
</main>
</body>
</html>
`;
}

/** Addresses of the page's own host as paths: the host stands on top of the report. */
function withShortNames(audit: Audit): Audit {
  const { origin } = new URL(audit.url);
  const short = (text: string): string => text.replaceAll(`${origin}/`, "/");
  return {
    ...audit,
    findings: audit.findings.map((finding) => ({
      ...finding,
      what: short(finding.what),
      message: short(finding.message),
    })),
    rows: audit.rows.map((row) => ({ ...row, what: short(row.what) })),
  };
}

const time = (iso: string): string => `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`;

function facts(audit: Audit): string {
  const { policy, visits, secondsPerState } = audit;
  const file =
    policy.file === null
      ? "none: only what Attune says of itself, and its default policy"
      : `<code>${e(policy.file)}</code> <span class="soft">SHA-256 <code>${policy.sha256 ?? ""}</code></span>`;
  const region = policy.region === null ? "no region given" : `region ${e(policy.region)}`;
  const rows: [string, string][] = [
    ["Date", `${time(audit.startedAt)} to ${audit.endedAt.slice(11, 16)}`],
    ["Consent policy", `version ${e(policy.version)}, ${e(policy.mode)}, ${region}`],
    ["Policy file", file],
    ["Browser", e(audit.browser)],
    ["Instrument", `attune audit ${e(audit.attune)}`],
    ["Visits", `${visits.length}, each on an empty device, at least ${secondsPerState} s each`],
    ["Decisions were made", e(DECIDED_WORDS[audit.decidedBy] ?? audit.decidedBy)],
  ];
  return `<dl>${rows.map(([name, value]) => `<dt>${name}</dt><dd>${value}</dd>`).join("")}</dl>`;
}

function findingsSection({ findings, states }: Audit): string {
  if (findings.length === 0) return "<section><h2>Findings</h2><p>None.</p></section>";
  const item = ({ level, what, message, cure, states: seen }: Finding): string => {
    const [mark, name, style] = LEVEL_WORDS[level];
    const where =
      seen.length === states.length
        ? "in all states"
        : seen.map((state) => STATE_WORDS[state].toLowerCase().replace("gpc", "GPC")).join(" · ");
    return `<li><span class="mark ${style}" aria-hidden="true">${mark}</span><p><strong class="${style}">${name}.</strong> ${withName(message, what)}</p><p class="cure">${e(cure)}</p><p class="where">Seen: ${e(where)}</p></li>`;
  };
  return `<section><h2>Findings</h2><ol class="findings">${findings.map(item).join("")}</ol></section>`;
}

/** A sentence with the thing that it begins with set apart. */
const withName = (message: string, what: string): string =>
  what !== "" && message.startsWith(what)
    ? `<code>${e(what)}</code>${e(message.slice(what.length))}`
    : e(message);

/** One line for each state: how much of what, and how much of it must not be. */
function statesSection({ states, rows }: Audit): string {
  const line = (state: Audit["states"][number]): string => {
    const cells = rows.flatMap((row) => (row.cells[state] ? [{ ...row, cell: row.cells[state] }] : []));
    const count = (group: Row["group"]): number => cells.filter((row) => row.group === group).length;
    const wrong = cells.filter(({ cell }) => cell.outcome === "violation").length;
    const verdict =
      wrong === 0
        ? '<span class="allowed"><span class="mark" aria-hidden="true">✓</span> none</span>'
        : `<span class="violation"><span class="mark" aria-hidden="true">✗</span> ${wrong}</span>`;
    return `<tr><th scope="row">${STATE_WORDS[state]}</th><td class="number">${count("stored")}</td><td class="number">${count("sent")}</td><td class="number">${count("read")}</td><td>${verdict}</td></tr>`;
  };
  return `<section><h2>State by state</h2><div class="wide"><table><thead><tr><th scope="col">State of consent</th><th scope="col" class="number">Things stored</th><th scope="col" class="number">Addresses sent to</th><th scope="col" class="number">Things looked for</th><th scope="col">Must not be</th></tr></thead><tbody>${states.map(line).join("")}</tbody></table></div></section>`;
}

function rowsSection({ rows, states }: Audit, group: Row["group"]): string {
  const [title, text] = GROUP_WORDS[group];
  const own = rows.filter((row) => row.group === group);
  if (own.length === 0) return `<section><h2>${title}</h2><p>Nothing, in any state.</p></section>`;
  const head = states
    .map((state) => `<th scope="col" class="state"><span>${STATE_WORDS[state]}</span></th>`)
    .join("");
  const body = own
    .map((row) => {
      const needs =
        row.purposes === null
          ? '<span class="undeclared">not declared</span>'
          : `${e(listed(row.purposes))}${row.why === null ? "" : `: ${e(row.why)}`}`;
      const cells = states.map((state) => cellHtml(row.cells[state])).join("");
      return `<tr><th scope="row"><span class="what">${e(row.what)}</span><span class="soft">${needs} · ${e(row.by.join(", "))}</span></th>${cells}</tr>`;
    })
    .join("");
  return `<section><h2>${title}</h2><p class="soft">${text} <span class="allowed">✓</span> covered · <span class="undeclared">!</span> under consent, but not declared · <span class="violation">✗</span> not covered · – not seen.</p><div class="wide"><table><thead><tr><th scope="col">What, and what it needs</th>${head}</tr></thead><tbody>${body}</tbody></table></div></section>`;
}

const CELLS: Readonly<Record<Cell["outcome"], readonly [mark: string, word: string]>> = {
  allowed: ["✓", "covered"],
  undeclared: ["!", "not declared"],
  violation: ["✗", "not covered"],
};

function cellHtml(cell: Cell | undefined): string {
  if (cell === undefined) return '<td class="cell soft" aria-label="not seen">–</td>';
  const [mark, word] = CELLS[cell.outcome];
  const acts = cell.acts.map((act) => ACT_WORDS[act]).join(", ");
  const isSent = cell.acts.some((act) => act === "send" || act === "open");
  const amount = isSent ? `${cell.times}×${size(cell.bytes)}` : "";
  return `<td class="cell${cell.outcome === "violation" ? " bad" : ""}" title="${acts}, ${cell.times}×"><span class="mark ${cell.outcome}" role="img" aria-label="${word}">${mark}</span><small>${amount}</small></td>`;
}

function size(bytes: number | null): string {
  if (bytes === 0) return "";
  if (bytes === null) return " ? B";
  return bytes < 1000 ? ` ${bytes} B` : ` ${(bytes / 1000).toFixed(1)} kB`;
}

function stepsSection({ visits }: Audit): string {
  const items = visits.map(
    ({ state, steps, doubts }) =>
      `<h3>${STATE_WORDS[state]}</h3><ol class="steps">${steps.map((step) => `<li>${e(step)}</li>`).join("")}</ol>${doubts.map((doubt) => `<p class="unsure">? ${e(doubt)}</p>`).join("")}`,
  );
  return `<section><h2>What was done</h2><p>On every page: scrolled, typed planted values into fields (nothing was submitted), clicked a button put there with a planted address for its text, and told the page that it is being left.</p>${items.join("")}</section>`;
}

function needsSection({ needs }: Audit): string {
  const rows = needs
    .map(
      ({ what, purposes, why, carriesText }) =>
        `<tr><th scope="row"><span class="what">${e(what)}</span></th><td>${e(listed(purposes))}</td><td>${e(why ?? "")}${carriesText === true ? " (may hold texts)" : ""}</td></tr>`,
    )
    .join("");
  return `<section><h2>What the site declares</h2><p class="soft">By the policy file, and what Attune says of itself. Any of the purposes is enough.</p><div class="wide"><table><thead><tr><th scope="col">What</th><th scope="col">Needs</th><th scope="col">What for</th></tr></thead><tbody>${rows}</tbody></table></div></section>`;
}
