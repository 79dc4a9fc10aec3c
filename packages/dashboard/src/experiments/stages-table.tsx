import type { ExperimentReport, Stage } from "@attune/core/stats";
import { count, percent } from "../format.js";
import { STAGE_WORDS, WORDS } from "./words.js";

const STAGES: readonly Stage[] = ["assigned", "rendered", "delivered"];

/** How many visitors of each variant came how far, where more than the last stage was counted. */
export function StagesTable({ report }: { report: Pick<ExperimentReport, "variants"> }) {
  const variants = report.variants.filter(({ isAnalysed }) => isAnalysed);
  const stages = STAGES.filter((stage) => variants.some(({ units }) => units[stage] !== undefined));
  if (stages.length < 2) return null;
  return (
    <table data-testid="stages">
      <caption>{WORDS.stages}</caption>
      <thead>
        <tr>
          <th scope="col">Variant</th>
          {stages.map((stage) => (
            <th key={stage} scope="col" className="number">
              {STAGE_WORDS[stage]}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {variants.map(({ name, units }) => (
          <tr key={name}>
            <td>{name}</td>
            {stages.map((stage, i) => {
              const [now, before] = [units[stage] ?? 0, units[stages[i - 1] as Stage] ?? 0];
              return (
                <td key={stage} className="number">
                  {count(now)}
                  {i > 0 && ` (${percent(before - now, before)} lost)`}
                </td>
              );
            })}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
