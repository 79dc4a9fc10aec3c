import type { ExperimentReport } from "@attune/core/stats";
import { count, counted, percent } from "../format.js";
import { share } from "./figures.js";
import { CAUSES, lossWords, RATIO_SIGN, ratioState, ratioWords } from "./ratio-words.js";
import { StagesTable } from "./stages-table.js";
import { WORDS } from "./words.js";

/** Whether visitors were lost unevenly, where, and what is usually behind it; and who saw more than one variant. */
export function RatioPanel({
  report,
  crossed,
  isAlone,
}: {
  report: ExperimentReport;
  crossed: number | null;
  /** Nothing stands beside it. */
  isAlone: boolean;
}) {
  const { sampleRatio, variants } = report;
  const { p } = sampleRatio;
  const analysed = variants.filter(({ isAnalysed }) => isAnalysed);
  const stage = sampleRatio.stages.at(-1);
  const units = stage?.units ?? {};
  const total = Object.values(units).reduce((sum, one) => sum + one, 0);
  const weights = analysed.map(({ weight }) => weight);
  const state = ratioState(sampleRatio, weights, total);
  return (
    <section className={isAlone ? "panel wide" : "panel"} data-testid="ratio">
      <h3>{WORDS.ratio}</h3>
      <p className="ratio" data-state={state}>
        <span aria-hidden="true" className="sign">
          {RATIO_SIGN[state]}
        </span>{" "}
        {ratioWords(state)}
      </p>
      {stage && (
        <table>
          <thead>
            <tr>
              <th scope="col">Variant</th>
              <th scope="col" className="number">
                Visitors
              </th>
              <th scope="col" className="number">
                Has
              </th>
              <th scope="col" className="number">
                Should have
              </th>
            </tr>
          </thead>
          <tbody>
            {analysed.map(({ name, weight }) => (
              <tr key={name}>
                <td>{name}</td>
                <td className="number">{count(units[name] ?? 0)}</td>
                <td className="number">{percent(units[name] ?? 0, total)}</td>
                <td className="number">{share(weight)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <StagesTable report={report} />
      {state === "mismatch" && (
        <>
          <p>{lossWords(sampleRatio.lostAt)} What usually is behind it, the likeliest first:</p>
          <ul>
            {sampleRatio.causes.map((cause) => (
              <li key={cause}>{CAUSES[cause]}</li>
            ))}
          </ul>
        </>
      )}
      <p className="note">
        {p !== null &&
          `p = ${p.toPrecision(2)}; an alarm is below ${String(Number(sampleRatio.alarm.toPrecision(2)))}. `}
        {crossed === null
          ? ""
          : crossed === 0
            ? "Nobody saw more than one variant."
            : `${counted(crossed, "visitor")} saw more than one variant.`}
      </p>
    </section>
  );
}
