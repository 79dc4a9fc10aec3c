import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { access, readFile, writeFile } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { parseArgs } from "node:util";
import { audit as auditPage } from "../audit/audit.js";
import { findChromium, launchChromium } from "../audit/chromium.js";
import { reportHtml } from "../audit/report.js";
import { STATE_WORDS, statesOf } from "../audit/states.js";
import { NO_STATEMENT, parseStatement, type Statement } from "../audit/statement.js";
import type { StateName } from "../audit/types.js";
import { issueLines, readJsonFile } from "./files.js";
import { vendor } from "./ports/vendor.js";
import { showAudit } from "./show-audit.js";
import type { Terminal } from "./terminal.js";
import { UsageError, wholeNumber } from "./usage.js";

const OPTIONS = {
  policy: { type: "string" },
  states: { type: "string" },
  by: { type: "string" },
  links: { type: "string", default: "2" },
  seconds: { type: "string", default: "10" },
  "at-once": { type: "string", default: "3" },
  browser: { type: "string" },
  out: { type: "string" },
  json: { type: "boolean", default: false },
} as const;

const parse = (args: string[]) => parseArgs({ args, allowPositionals: true, options: OPTIONS });
type Values = ReturnType<typeof parse>["values"];

/** `attune audit URL`: what a page stores, sends and reads in each state of consent; exit code 1 where something must not be, or could not be judged. */
export async function audit(args: string[], terminal: Terminal): Promise<number> {
  const { values, positionals } = parse(args);
  const url = addressOf(positionals);
  const { statement, file } = await statementOf(values);
  const states = statesAsked(values.states, statement);
  const settings = {
    links: wholeNumber("links", values.links, 0, 20),
    seconds: wholeNumber("seconds", values.seconds, 1, 600),
    atOnce: wholeNumber("at-once", values["at-once"], 1, 10),
  };
  if (values.out !== undefined) await checkWritable(values.out);
  const playwright = await vendor("Driving a browser", "playwright-core", () => import("playwright-core"));
  const browser = await launchChromium(playwright.chromium, values.browser ?? findChromium());
  try {
    const result = await auditPage({
      ...settings,
      browser,
      url,
      statement,
      file,
      states,
      now: Date.now,
      onState: (state, ended) =>
        terminal.status(`${ended} of ${states.length} states seen; now: ${STATE_WORDS[state]} …`),
    });
    terminal.status("");
    if (values.out !== undefined) await writeFile(values.out, reportHtml(result));
    if (values.json) terminal.out(JSON.stringify(result));
    else showAudit(result, terminal);
    if (values.out !== undefined) terminal.err(`The report is in ${values.out}.`);
    return result.outcome === "pass" ? 0 : 1;
  } finally {
    terminal.status("");
    await browser.close();
  }
}

/** Before the long run, not after it. */
async function checkWritable(file: string): Promise<void> {
  await access(dirname(file), constants.W_OK).catch((cause: unknown) => {
    throw new UsageError(`--out: ${dirname(file)} is no folder that can be written to.`, cause);
  });
}

function addressOf([url, ...more]: readonly string[]): string {
  if (url === undefined || more.length > 0)
    throw new UsageError("Name one page to audit, for instance http://localhost:3000/.");
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw new UsageError("The page is an address that begins with http:// or https://.");
  return url;
}

async function statementOf({ policy, by }: Values): Promise<{
  statement: Statement;
  file: { name: string; sha256: string } | null;
}> {
  if (by !== undefined && by !== "record" && by !== "banner")
    throw new UsageError("--by is record or banner; clicks are named under /decideBy of the policy file.");
  const decideBy = by === undefined ? {} : { decideBy: by as "record" | "banner" };
  if (policy === undefined) return { statement: { ...NO_STATEMENT, ...decideBy }, file: null };
  const parsed = parseStatement(await readJsonFile("policy", policy));
  if (!parsed.ok) throw new UsageError(`--policy: ${policy} is not right:\n${issueLines(parsed.error)}`);
  const sha256 = createHash("sha256")
    .update(await readFile(policy))
    .digest("hex");
  return { statement: { ...parsed.value, ...decideBy }, file: { name: basename(policy), sha256 } };
}

/** In the order in which they are visited, whatever order they are named in. */
function statesAsked(text: string | undefined, { consent }: Statement): StateName[] {
  const known = statesOf(consent);
  if (text === undefined) return known;
  const asked = text.split(",").map((name) => name.trim());
  const unknown = asked.find((name) => !(known as readonly string[]).includes(name));
  if (unknown !== undefined)
    throw new UsageError(`--states: there is no state ${unknown}. There are: ${known.join(", ")}.`);
  return known.filter((name) => asked.includes(name));
}
