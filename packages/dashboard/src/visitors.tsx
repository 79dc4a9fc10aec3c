import { clock, short } from "./format.js";
import type { VisitorRow } from "./model.js";
import { patternWords, segmentWords } from "./words.js";

export interface VisitorsProps {
  visitors: readonly VisitorRow[];
  realOnly: boolean;
  /** From when on the server has heard of visitors; null while that is not known. */
  heardSince: string | null;
}

/** Who is here: real visitors on top. On narrow screens each row becomes a card, so the names of the columns stand in each cell too. */
export function Visitors({ visitors, realOnly, heardSince }: VisitorsProps) {
  return (
    <section className="panel wide" data-testid="visitors">
      <h2>Visitors, live</h2>
      {visitors.length === 0 ? (
        <p className="empty">
          {realOnly ? "No real visitor has done anything yet." : "Nobody is here right now."}
          {heardSince !== null && ` This server has been listening since ${clock(heardSince)}.`}
        </p>
      ) : (
        <>
          <table className="visitors">
            <thead>
              <tr>
                <th>Visitor</th>
                <th>Doing</th>
                <th>Segments</th>
                <th>This visit looks like</th>
                <th className="number">Engagement</th>
                <th className="number">Intent</th>
              </tr>
            </thead>
            <tbody>
              {visitors.map((row) => (
                <Row key={row.visitor} row={row} />
              ))}
            </tbody>
          </table>
          <p className="note">
            Segments follow your ruleset and all of a visitor's visits; what this visit looks like is a rule
            of thumb about the present one, so the two may differ. Engagement and intent are points out of
            100.
          </p>
        </>
      )}
    </section>
  );
}

function Row({ row }: { row: VisitorRow }) {
  const covered = row.engagement !== null;
  return (
    <tr data-simulated={row.simulated}>
      <td data-name="Visitor">
        <code>{short(row.visitor)}</code> {row.simulated ? <Simulated /> : <span className="real">real</span>}
      </td>
      <td data-name="Doing">
        <span>
          {row.lastEvent} <span className="soft">{row.path}</span>
        </span>
      </td>
      <td data-name="Segments">{segmentWords(row.segments)}</td>
      <td data-name="This visit looks like">
        {covered ? patternWords(row.pattern) : <span className="soft">not covered by consent</span>}
      </td>
      <td data-name="Engagement" className="number">
        {points(row.engagement)}
      </td>
      <td data-name="Intent" className="number">
        {points(row.intent)}
      </td>
    </tr>
  );
}

const points = (share: number | null): string => (share === null ? "–" : String(Math.round(share * 100)));

export function Simulated() {
  return <span className="simulated">simulated</span>;
}
