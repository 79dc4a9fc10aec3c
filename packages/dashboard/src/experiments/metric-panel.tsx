import type { ArmReport, ComparisonReport, MetricReport } from "@attune/core/stats";
import { count } from "../format.js";
import { isRate, lossOf, probability, share, signedShare, signedWithin, valueOf } from "./figures.js";
import { type Domain, domainOf, IntervalPlot } from "./interval-plot.js";
import { findingWords, methodWords, plain, ROLE, WORDS } from "./words.js";

/** What is drawn and said of a comparison: relative to the control, or in the units of the metric where that is 0. */
const changeOf = ({ uplift, difference }: ComparisonReport) => uplift ?? difference;

/** One metric of all variants. On narrow screens each row becomes a card, so the names of the columns stand in each cell too. */
export function MetricPanel({ metric, level }: { metric: MetricReport; level: number }) {
  const domain = domainOf(metric.comparisons.map(changeOf));
  return (
    <section className="panel wide" data-testid={`metric-${metric.name}`}>
      <h3>
        {plain(metric.name)} <span className="tag">{ROLE[metric.role]}</span>
      </h3>
      {metric.variants.length === 0 ? (
        <p className="empty">{WORDS.metricEmpty}</p>
      ) : (
        <table className="cards metric">
          <thead>
            <tr>
              <th scope="col">Variant</th>
              <th scope="col" className="number">
                Visitors
              </th>
              <th scope="col" className="number">
                {isRate(metric) ? "Rate" : "Value"}
              </th>
              <th scope="col">Change, with {share(level)} interval</th>
              <th scope="col" className="number">
                Beats control
              </th>
              <th scope="col" className="number">
                Is the best
              </th>
              <th scope="col" className="number">
                Expected loss
              </th>
              <th scope="col">Finding</th>
            </tr>
          </thead>
          <tbody>
            {metric.variants.map((arm) => (
              <Row key={arm.variant} arm={arm} metric={metric} domain={domain} />
            ))}
          </tbody>
        </table>
      )}
      <p className="note">
        {methodWords(metric)}
        {metric.prior &&
          `; believed beforehand: as if ${metric.prior.alpha.toLocaleString("en")} had done it and ${metric.prior.beta.toLocaleString("en")} had not`}
        {metric.varianceReduction !== null && `; variance made smaller by ${share(metric.varianceReduction)}`}
      </p>
    </section>
  );
}

function Row({ arm, metric, domain }: { arm: ArmReport; metric: MetricReport; domain: Domain }) {
  const comparison = metric.comparisons.find(({ variant }) => variant === arm.variant);
  // On narrow screens what there is none of is left out.
  const none = comparison === undefined || undefined;
  return (
    <tr>
      <th scope="row" data-name="Variant">
        {arm.variant} {comparison === undefined && <span className="tag">control</span>}
      </th>
      <td data-name="Visitors" className="number">
        {count(arm.units)}
      </td>
      <td data-name={isRate(metric) ? "Rate" : "Value"} className="number">
        {valueOf(metric, arm.value)}
      </td>
      <td data-name="Change" data-none={none} className="change">
        {comparison ? <Change comparison={comparison} metric={metric} domain={domain} /> : "–"}
      </td>
      <td data-name="Beats control" data-none={none} className="number">
        {comparison ? probability(comparison.probabilityToBeat) : "–"}
      </td>
      <td data-name="Is the best" className="number">
        {probability(arm.probabilityToBeBest)}
      </td>
      <td data-name="Expected loss" className="number">
        {lossOf(metric, arm.expectedLoss)}
      </td>
      <td data-name="Finding" data-none={none}>
        {comparison ? <FindingTag comparison={comparison} /> : "–"}
      </td>
    </tr>
  );
}

function Change({
  comparison,
  metric,
  domain,
}: {
  comparison: ComparisonReport;
  metric: MetricReport;
  domain: Domain;
}) {
  const change = changeOf(comparison);
  const width = change.upper - change.lower;
  const said = (value: number): string => {
    if (comparison.uplift !== null) return signedShare(value);
    return isRate(metric) ? `${signedWithin(value * 100, width * 100)} pp` : signedWithin(value, width);
  };
  const interval = `${said(change.lower)} to ${said(change.upper)}`;
  return (
    <>
      <span>
        <strong>{said(change.median)}</strong> <span className="soft">{interval}</span>
      </span>
      <IntervalPlot
        interval={change}
        domain={domain}
        finding={comparison.finding}
        label={`${comparison.variant}: ${interval}`}
      />
    </>
  );
}

export function FindingTag({ comparison }: { comparison: ComparisonReport }) {
  const [sign, words] = findingWords(comparison.finding, comparison.guardrail);
  return (
    <span className="finding" data-finding={comparison.guardrail ?? comparison.finding}>
      <span aria-hidden="true">{sign}</span> {words}
    </span>
  );
}
