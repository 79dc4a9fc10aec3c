import { isAttuneError } from "../../kernel/errors.js";
import type { Note, NoteCode, Severity } from "./report.js";

export type About = Omit<Note, "code" | "severity">;

/** Notes as they are found, each once. */
export interface Notes {
  readonly list: Note[];
  fault(code: NoteCode, about?: About): void;
  warning(code: NoteCode, about?: About): void;
  info(code: NoteCode, about?: About): void;
  /** What it gives, or null with a note where the input is refused; other errors are thrown on. */
  attempt<T>(severity: Severity, code: NoteCode, about: About, make: () => T): T | null;
}

export function takeNotes(): Notes {
  const list: Note[] = [];
  const seen = new Set<string>();
  const add =
    (severity: Severity) =>
    (code: NoteCode, about: About = {}): void => {
      const key = JSON.stringify([
        code,
        about.variant,
        about.metric,
        about.stage,
        about.dimension,
        about.group,
      ]);
      if (seen.has(key)) return;
      seen.add(key);
      list.push({ code, severity, ...about });
    };
  const by = { fault: add("fault"), warning: add("warning"), info: add("info") };
  return {
    list,
    ...by,
    attempt(severity, code, about, make) {
      try {
        return make();
      } catch (error) {
        if (!isAttuneError(error)) throw error;
        by[severity](code, { ...about, message: error.message });
        return null;
      }
    },
  };
}
