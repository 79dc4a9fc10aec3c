import type { DensityReport, MetricReport } from "@attune/core/stats";
import { valueOf } from "./figures.js";
import { kindOf, Legend } from "./legend.js";
import { WORDS } from "./words.js";

const WIDTH = 600;
const HEIGHT = 170;

/** Posterior densities of a metric, one curve for each variant, as the report has them. */
export function DensityPlot({ metric }: { metric: MetricReport }) {
  const arms = metric.variants.flatMap(({ variant, density, estimate }) =>
    density ? [{ variant, density, estimate }] : [],
  );
  if (arms.length === 0) return null;
  const from = Math.min(...arms.map(({ density }) => density.from));
  const to = Math.max(...arms.map(({ density }) => density.to));
  const top = Math.max(...arms.flatMap(({ density }) => density.heights)) * 1.05;
  const names = arms.map(({ variant }) => variant);
  const told = arms.map(
    ({ estimate: { lower, upper } }) => `${valueOf(metric, lower)} to ${valueOf(metric, upper)}`,
  );
  return (
    <figure className="plot" data-testid="densities">
      <figcaption>{WORDS.densities}</figcaption>
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={names.map((name, i) => `${name}: ${told[i] ?? ""}`).join("; ")}
      >
        {arms.map(({ variant, density }, i) => (
          <g key={variant} className={kindOf(i)}>
            <path className="under" d={`${pathOf(density, { from, to, top })} Z`} />
            <path className="curve" d={pathOf(density, { from, to, top })} />
          </g>
        ))}
      </svg>
      <div className="scale" aria-hidden="true">
        <span>{valueOf(metric, from)}</span>
        <span>{valueOf(metric, (from + to) / 2)}</span>
        <span>{valueOf(metric, to)}</span>
      </div>
      <Legend names={names} values={told} />
      <p className="note">{WORDS.densitiesNote}</p>
    </figure>
  );
}

function pathOf(
  density: DensityReport,
  { from, to, top }: { from: number; to: number; top: number },
): string {
  const step = (density.to - density.from) / (density.heights.length - 1);
  const x = (value: number): string => (((value - from) / (to - from)) * WIDTH).toFixed(1);
  const points = density.heights.map(
    (height, i) => `${x(density.from + i * step)} ${(HEIGHT - (height / top) * HEIGHT).toFixed(1)}`,
  );
  return `M${x(density.from)} ${HEIGHT} L${points.join(" L")} L${x(density.to)} ${HEIGHT}`;
}
