import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { validateConsentPolicy } from "@attune/core/consent";
import {
  describePolicy,
  policyDe,
  policyEn,
  policyEs,
  policyFr,
  type PolicyInput,
  policyMarkdown,
  type PolicyMessages,
} from "@attune/core/policy";
import { issueLines, readJsonFile } from "./files.js";
import type { Terminal } from "./terminal.js";
import { UsageError } from "./usage.js";

const LANGUAGES: ReadonlyMap<string, PolicyMessages> = new Map(
  [policyEn, policyDe, policyFr, policyEs].map((messages) => [messages.lang, messages]),
);

/** What the file says: JSON, or a module whose default export it is, where the host's own events are written down. */
async function read(file: string): Promise<unknown> {
  if (file.endsWith(".json")) return readJsonFile("policy", file);
  try {
    const { default: found } = (await import(pathToFileURL(resolve(file)).href)) as { default?: unknown };
    return found;
  } catch (cause) {
    throw new UsageError(`${file} cannot be loaded as a module: ${(cause as Error).message}`, cause);
  }
}

function checked(given: unknown, file: string): PolicyInput {
  const { consent, controller } = (given ?? {}) as {
    consent?: unknown;
    controller?: Partial<Record<string, unknown>>;
  };
  if (typeof controller?.name !== "string" || typeof controller.contact !== "string")
    throw new UsageError(
      `${file} has to say who is responsible: { "controller": { "name": …, "contact": … }, "consent": … }, as its default export where it is a module.`,
    );
  const policy = validateConsentPolicy(consent);
  if (!policy.ok)
    throw new UsageError(`The consent policy in ${file} is not valid:\n${issueLines(policy.error)}`);
  return given as PolicyInput;
}

/** `attune policy FILE`: the privacy policy in plain words, as Markdown, from what the site declares. */
export async function policyCommand(args: string[], terminal: Terminal): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { language: { type: "string", default: "en" }, json: { type: "boolean" } },
  });
  const [file] = positionals;
  if (file === undefined || positionals.length > 1)
    throw new UsageError("Name one file that says what the site does: attune policy privacy.mjs");
  const messages = LANGUAGES.get(values.language);
  if (!messages)
    throw new UsageError(
      `--language is one of ${[...LANGUAGES.keys()].join(", ")}. For others, use describePolicy.`,
    );
  const document = describePolicy(checked(await read(file), file), messages);
  terminal.out(values.json ? JSON.stringify(document) : policyMarkdown(document).trimEnd());
  return 0;
}
