import { share } from "../experiments/figures.js";
import { count } from "../format.js";
import type { Card } from "./types.js";

const MOST = 8;

/** What is known of the quality of the version in force, from visitors whom it had not seen. */
export function ReportCard({ card }: { card: Card }) {
  const { metrics, trainedOn, ones, contributions = [], slices = [], tooSmall } = card;
  const small = (tooSmall?.device ?? 0) + (tooSmall?.region ?? 0);
  return (
    <section className="panel wide" data-testid="report-card">
      <h3>Report card</h3>
      {trainedOn && (
        <p>
          {count(trainedOn.rows)} visits, of which {count(ones ?? 0)} came true.
          {metrics?.auc &&
            ` AUC ${metrics.auc.value.toFixed(3)} (${metrics.auc.lower.toFixed(3)} to ${metrics.auc.upper.toFixed(3)}), calibration off by ${share(metrics.ece)} on average.`}
        </p>
      )}
      {metrics && <Calibration bins={metrics.calibration} />}
      {contributions.length > 0 && (
        <p>
          What moves scores:{" "}
          {contributions
            .slice(0, MOST)
            .map((one) => `${one.feature} ${share(one.share)}`)
            .join(", ")}
          .
        </p>
      )}
      {slices.length > 0 && (
        <table className="cards">
          <thead>
            <tr>
              <th scope="col">Group</th>
              <th scope="col" className="number">
                Visits
              </th>
              <th scope="col" className="number">
                Came true
              </th>
              <th scope="col" className="number">
                Predicted
              </th>
            </tr>
          </thead>
          <tbody>
            {slices.map(({ by, group, rows, rate, meanScore }) => (
              <tr key={`${by} ${group}`}>
                <th scope="row" data-name="Group">
                  {by} {group}
                </th>
                <td data-name="Visits" className="number">
                  {count(rows)}
                </td>
                <td data-name="Came true" className="number">
                  {share(rate.value)}
                </td>
                <td data-name="Predicted" className="number">
                  {share(meanScore)}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {small > 0 && <p className="note">{count(small)} groups of fewer than 20 visitors are not told of.</p>}
    </section>
  );
}

/** Predicted against what came true; on the diagonal scores say what happens. */
function Calibration({ bins }: { bins: NonNullable<Card["metrics"]>["calibration"] }) {
  const points = bins.filter(({ rows }) => rows > 0);
  return (
    <figure className="plot square">
      <figcaption>Predicted, and how many came true</figcaption>
      <svg role="img" viewBox="0 0 100 100" aria-label="Calibration plot">
        <line className="grid" x1="0" y1="100" x2="100" y2="0" />
        {points.map(({ score, share: came }) => (
          <circle
            key={score}
            className="v0"
            fill="currentColor"
            r="1.6"
            cx={100 * (score ?? 0)}
            cy={100 - 100 * (came ?? 0)}
          />
        ))}
      </svg>
      <div className="scale">
        <span>0 %</span>
        <span>100 % predicted</span>
      </div>
    </figure>
  );
}
