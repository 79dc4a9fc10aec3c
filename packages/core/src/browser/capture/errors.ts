import { cutText } from "./cut-text.js";
import type { ErrorCaptureOptions } from "./options.js";
import type { Scope } from "./scope.js";

const PER_PAGE = 10;
const MESSAGE_LIMIT = 256;
const TYPE_LIMIT = 64;
/**
 * Quoted text may be what somebody entered: `"Ann Miller" is not valid JSON`. Names as programs have them may stay. A single quotation mark
 * within a word is an apostrophe.
 */
const QUOTED = /"([^"]{1,256})"|“([^”]{1,256})”|`([^`]{1,256})`|\B'([^']{1,256})'\B/g;
/** What is said not to be JSON is no name of a program's, even where it looks like one. */
const PARSED = /\bJSON\b/;
const IDENTIFIER = /^[\w$.#-]{1,40}$/;

export interface Failure {
  type: string;
  message: string;
  stack?: string;
}

/** What of a thrown value may be told. It is then masked like all text. */
export function readFailure(thrown: unknown, told = ""): Failure {
  const isError = thrown instanceof Error;
  const text = isError ? String(thrown.message) : told || (typeof thrown === "string" ? thrown : "");
  const isParsed = PARSED.test(text);
  const unquoted = cutText(text, 4 * MESSAGE_LIMIT).replace(
    QUOTED,
    (whole, ...[a, b, c, d]: (string | undefined)[]) =>
      !isParsed && IDENTIFIER.test(a ?? b ?? c ?? d ?? "") ? whole : '"…"',
  );
  const message = cutText(unquoted, MESSAGE_LIMIT);
  const type = isError ? String(thrown.name).slice(0, TYPE_LIMIT) : typeof thrown;
  // Its first lines repeat the message.
  const stack = isError
    ? thrown.stack
        ?.split("\n")
        .filter((line) => /^\s*at |@/.test(line))
        .join("\n")
    : undefined;
  return { type, message, ...(stack ? { stack } : {}) };
}

function originOf(file: string): string {
  try {
    return new URL(file).origin;
  } catch {
    return "";
  }
}

/**
 * Errors that nobody caught, and rejections that nobody handled: what they are, their message, and the origin of the script. The browser
 * tells nothing of errors in scripts from elsewhere that are loaded without `crossorigin`.
 */
export function captureErrors({ sink, on, onPageEnd }: Scope, options: ErrorCaptureOptions): void {
  const { stack: withStack = false, perPage = PER_PAGE } = options;
  const seen = new Set<string>();
  const tell = ({ type, message, stack }: Failure, origin: string, kind: "error" | "rejection"): void => {
    const mark = `${type}: ${message}`;
    if (seen.size >= perPage || seen.has(mark)) return;
    seen.add(mark);
    sink.track("Page Error Reported", {
      type,
      message,
      kind,
      ...(origin ? { origin } : {}),
      ...(withStack && stack ? { stack } : {}),
    });
  };
  on<ErrorEvent>(window, "error", (event) => {
    // Images that do not load are told of by an event of this name, too.
    if (!(event instanceof ErrorEvent)) return;
    tell(readFailure(event.error, event.message), originOf(event.filename), "error");
  });
  on<PromiseRejectionEvent>(window, "unhandledrejection", ({ reason }) => {
    tell(readFailure(reason), "", "rejection");
  });
  onPageEnd((left) => {
    if (left) seen.clear();
  });
}
