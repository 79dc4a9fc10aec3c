import type { Note } from "@attune/core/stats";
import { NOTE_TITLES, SEVERITY, toldNotes } from "./note-words.js";
import { WORDS } from "./words.js";

export function Notes({ notes }: { notes: readonly Note[] }) {
  if (notes.length === 0) return null;
  return (
    <section className="panel" data-testid="notes">
      <h3>{WORDS.notes}</h3>
      <ul className="plain">
        {toldNotes(notes).map(({ severity, code, about }) => (
          <li key={code}>
            <span className="tag" data-severity={severity}>
              {SEVERITY[severity]}
            </span>{" "}
            {NOTE_TITLES[code]}
            {about.length > 0 && <small className="soft"> {about.join("; ")}</small>}
          </li>
        ))}
      </ul>
    </section>
  );
}
