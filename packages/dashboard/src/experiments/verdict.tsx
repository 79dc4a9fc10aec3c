import type { ExperimentReport } from "@attune/core/stats";
import { count } from "../format.js";
import { verdictOf } from "./decision-words.js";
import { days } from "./figures.js";

/** What is to be known first: the decision in words, what to do, and what it is made of so far. */
export function VerdictPanel({ report, units }: { report: ExperimentReport; units: number }) {
  const { headline, text, next, needs } = verdictOf(report);
  return (
    <section className="panel wide verdict" data-state={report.decision.state} data-testid="decision">
      <h3>{headline}</h3>
      <p>{text}</p>
      <p>
        <strong>What to do: </strong>
        {next}
      </p>
      {needs.length > 0 && (
        <>
          <p className="soft">What it takes to know more:</p>
          <ul>
            {needs.map((need) => (
              <li key={need}>{need}</li>
            ))}
          </ul>
        </>
      )}
      <p className="note" data-testid="so-far">
        So far: {count(units)} {units === 1 ? "visitor" : "visitors"}
        {report.days !== null && `, ${days(report.days)}`}.
      </p>
    </section>
  );
}
