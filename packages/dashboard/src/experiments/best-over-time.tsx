import { probability } from "./figures.js";
import { kindOf, Legend } from "./legend.js";
import type { OverTime } from "./use-best-over-time.js";
import { WORDS } from "./words.js";

const WIDTH = 600;
const HEIGHT = 170;

/** Lines of P(best), of what the server keeps over time. */
export function BestOverTime({ told, variants }: { told: OverTime | null; variants: readonly string[] }) {
  return (
    <figure className="plot" data-testid="over-time">
      <figcaption>{WORDS.overTime}</figcaption>
      <Lines told={told} variants={variants} />
      <p className="note">{WORDS.overTimeNote}</p>
    </figure>
  );
}

function Lines({ told, variants }: { told: OverTime | null; variants: readonly string[] }) {
  if (told === null) return <p className="empty">{WORDS.loading}</p>;
  if (!told.isKept) return <p className="empty">{WORDS.noSeries}</p>;
  const { points } = told;
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined || points.length < 2)
    return <p className="empty">{WORDS.fewPoints}</p>;
  const x = (at: number): number => ((at - first.at) / (last.at - first.at)) * WIDTH;
  const y = (share: number): number => HEIGHT - share * HEIGHT;
  const now = variants.map((variant) => probability(last.best[variant] ?? 0));
  return (
    <>
      <div className="with-axis">
        <div className="axis" aria-hidden="true">
          <span>100%</span>
          <span>50%</span>
          <span>0%</span>
        </div>
        <svg
          viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
          preserveAspectRatio="none"
          role="img"
          aria-label={`Now: ${variants.map((variant, i) => `${variant} ${now[i] ?? ""}`).join("; ")}`}
        >
          {[0.25, 0.5, 0.75].map((share) => (
            <line key={share} className="grid" x1={0} x2={WIDTH} y1={y(share)} y2={y(share)} />
          ))}
          {variants.map((variant, i) => (
            <path
              key={variant}
              className={`curve ${kindOf(i)}`}
              d={points
                .map(
                  ({ at, best }, n) =>
                    `${n === 0 ? "M" : "L"}${x(at).toFixed(1)} ${y(best[variant] ?? 0).toFixed(1)}`,
                )
                .join(" ")}
            />
          ))}
        </svg>
      </div>
      <div className="scale beside-axis" aria-hidden="true">
        <span>{moment(first.at)}</span>
        <span>{moment(last.at)}</span>
      </div>
      <Legend names={variants} values={now} />
    </>
  );
}

const moment = (at: number): string =>
  new Date(at).toLocaleString("en-GB", {
    day: "numeric",
    month: "short",
    hour: "2-digit",
    minute: "2-digit",
  });
