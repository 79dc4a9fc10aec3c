import type { DimensionReport, ExperimentReport, FactorialReport, MetricReport } from "@attune/core/stats";
import { count } from "../format.js";
import { isRate, signed, valueOf } from "./figures.js";
import { domainOf, IntervalPlot } from "./interval-plot.js";
import { heterogeneityWords, plain, WORDS } from "./words.js";

const differenceWords = (metric: MetricReport | undefined, value: number): string =>
  metric && isRate(metric) ? `${signed(value * 100)} pp` : signed(value);

/** Groups, factors and the holdout, where the report has any. */
export function Breakdowns({ report }: { report: ExperimentReport }) {
  const metricOf = (name: string) => report.metrics.find((metric) => metric.name === name);
  return (
    <>
      {report.dimensions.map((one) => (
        <Dimension
          key={`${one.dimension}/${one.metric}/${one.variant}`}
          one={one}
          metric={metricOf(one.metric)}
        />
      ))}
      {report.factorial.map((one) => (
        <Factors key={one.metric} one={one} metric={metricOf(one.metric)} />
      ))}
      {report.holdout.length > 0 && (
        <section className="panel wide">
          <h3>{WORDS.holdout}</h3>
          <ul className="plain">
            {report.holdout.map(({ metric, units, comparison: { difference } }) => (
              <li key={metric}>
                {plain(metric)}: {differenceWords(metricOf(metric), difference.median)} (
                {differenceWords(metricOf(metric), difference.lower)} to{" "}
                {differenceWords(metricOf(metric), difference.upper)}), from {count(units.experiment)}{" "}
                visitors in the experiment and {count(units.holdout)} kept out
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
  );
}

function Dimension({ one, metric }: { one: DimensionReport; metric: MetricReport | undefined }) {
  const domain = domainOf(one.groups.map(({ shrunk }) => shrunk));
  const value = (figure: number): string => (metric ? valueOf(metric, figure) : String(figure));
  return (
    <section className="panel wide">
      <h3>
        {WORDS.groups}: {plain(one.dimension)}{" "}
        <span className="tag">
          {plain(one.metric)}, “{one.variant}”
        </span>
      </h3>
      <table className="cards">
        <thead>
          <tr>
            <th scope="col">Group</th>
            <th scope="col" className="number">
              Visitors
            </th>
            <th scope="col" className="number">
              Control
            </th>
            <th scope="col" className="number">
              Variant
            </th>
            <th scope="col">Difference, drawn towards that of all</th>
          </tr>
        </thead>
        <tbody>
          {one.groups.map(({ name, control, treatment, shrunk }) => (
            <tr key={name}>
              <th scope="row" data-name="Group">
                {name}
              </th>
              <td data-name="Visitors" className="number">
                {count(control.units + treatment.units)}
              </td>
              <td data-name="Control" className="number">
                {value(control.value)}
              </td>
              <td data-name="Variant" className="number">
                {value(treatment.value)}
              </td>
              <td data-name="Difference" className="change">
                <span>{differenceWords(metric, shrunk.median)}</span>
                <IntervalPlot
                  interval={shrunk}
                  domain={domain}
                  finding="unclear"
                  label={`${differenceWords(metric, shrunk.lower)} to ${differenceWords(metric, shrunk.upper)}`}
                />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className="note">{heterogeneityWords(one)}</p>
    </section>
  );
}

function Factors({ one, metric }: { one: FactorialReport; metric: MetricReport | undefined }) {
  return (
    <section className="panel wide">
      <h3>
        {WORDS.factors} <span className="tag">{plain(one.metric)}</span>
      </h3>
      <table className="cards">
        <thead>
          <tr>
            <th scope="col">Factors</th>
            <th scope="col" className="number">
              Effect
            </th>
            <th scope="col" className="number">
              p, at any look
            </th>
            <th scope="col">Cannot be told from</th>
          </tr>
        </thead>
        <tbody>
          {one.effects.map(({ factors, level, effect, adjustedP, aliases }) => (
            <tr key={`${factors.join("×")}/${level?.name ?? ""}`}>
              <th scope="row" data-name="Factors">
                {factors.join(" × ")}
                {level && `: ${level.name} against ${level.against}`}
              </th>
              <td data-name="Effect" className="number">
                {differenceWords(metric, effect)}
              </td>
              <td data-name="p, at any look" className="number">
                {adjustedP.toPrecision(2)}
              </td>
              <td data-name="Cannot be told from">
                {aliases.length === 0 ? "–" : aliases.map((names) => names.join(" × ")).join(", ")}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
