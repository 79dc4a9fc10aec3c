import type { Estimate } from "@attune/core/stats";

export interface Domain {
  from: number;
  to: number;
}

/** From the lowest to the highest of all intervals, 0 within, with a little room. */
export function domainOf(intervals: readonly (Pick<Estimate, "lower" | "upper"> | null)[]): Domain {
  const ends = intervals.flatMap((one) => (one === null ? [] : [one.lower, one.upper]));
  const [from, to] = [Math.min(0, ...ends), Math.max(0, ...ends)];
  const room = (to - from || 1) * 0.06;
  return { from: from - room, to: to + room };
}

const WIDTH = 200;
const HEIGHT = 22;

/** An interval on a line with a mark at 0; those of one table share their scale. */
export function IntervalPlot({
  interval,
  domain: { from, to },
  finding,
  label,
}: {
  interval: Estimate;
  domain: Domain;
  finding: string;
  label: string;
}) {
  const x = (value: number): number => ((value - from) / (to - from)) * WIDTH;
  return (
    <svg
      className="interval"
      data-finding={finding}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
    >
      <line className="interval-zero" x1={x(0)} x2={x(0)} y1={0} y2={HEIGHT} />
      <rect
        className="interval-bar"
        x={x(interval.lower)}
        width={Math.max(1, x(interval.upper) - x(interval.lower))}
        y={7}
        height={8}
      />
      <line className="interval-middle" x1={x(interval.median)} x2={x(interval.median)} y1={3} y2={19} />
    </svg>
  );
}
