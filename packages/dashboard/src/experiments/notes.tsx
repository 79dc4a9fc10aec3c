import type { Note } from "@attune/core/stats";
import { noteWords, SEVERITY } from "./note-words.js";
import { WORDS } from "./words.js";

const ORDER = ["fault", "warning", "info"] as const;

export function Notes({ notes }: { notes: readonly Note[] }) {
  if (notes.length === 0) return null;
  const sorted = ORDER.flatMap((severity) => notes.filter((note) => note.severity === severity));
  return (
    <section className="panel" data-testid="notes">
      <h3>{WORDS.notes}</h3>
      <ul className="plain">
        {sorted.map((note) => (
          <li key={noteWords(note)}>
            <span className="tag" data-severity={note.severity}>
              {SEVERITY[note.severity]}
            </span>{" "}
            {noteWords(note)}
          </li>
        ))}
      </ul>
    </section>
  );
}
