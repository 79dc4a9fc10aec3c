import { count } from "../format.js";
import { experimentLink } from "../use-route.js";
import { verdictOf } from "./decision-words.js";
import {
  type DefinedExperiment,
  type Listed,
  listed,
  type Results,
  type RulesetExperiments,
} from "./types.js";
import { useJson } from "./use-json.js";
import { STATUS, WORDS } from "./words.js";

const AGAIN_MS = 5000;

/** All experiments: those that people defined, and those of the ruleset alone. */
export function ExperimentList({ server, isSimulated }: { server: string; isSimulated: boolean }) {
  const defined = useJson<{ experiments: DefinedExperiment[] }>(`${server}/api/v1/experiments`, AGAIN_MS);
  const ruleset = useJson<RulesetExperiments>(`${server}/api/v1/ruleset`);
  const rows = listed(defined.value?.experiments ?? [], ruleset.value);
  const isLoading = defined.isLoading || ruleset.isLoading;
  return (
    <main data-testid="experiment-list">
      <h2 className="wide title">{WORDS.experiments}</h2>
      {isSimulated && <p className="notice">{WORDS.simulated}</p>}
      {defined.problem !== null && (
        <p className="notice" role="alert">
          {defined.problem}
        </p>
      )}
      <section className="panel wide">
        {rows.length === 0 ? (
          <>
            <p className="empty">{isLoading ? WORDS.loading : WORDS.none}</p>
            {!isLoading && <p className="note">{WORDS.noneNext}</p>}
          </>
        ) : (
          <table className="cards">
            <thead>
              <tr>
                <th scope="col">Experiment</th>
                <th scope="col">Status</th>
                <th scope="col" className="number">
                  Run
                </th>
                <th scope="col" className="number">
                  Visitors
                </th>
                <th scope="col">What it says</th>
              </tr>
            </thead>
            <tbody>
              {rows.map((row) => (
                <Row key={row.id} server={server} row={row} />
              ))}
            </tbody>
          </table>
        )}
      </section>
    </main>
  );
}

function Row({ server, row: { id, name, defined } }: { server: string; row: Listed }) {
  const isDraft = defined?.status === "draft";
  const { value: results } = useJson<Results>(
    isDraft ? null : `${server}/api/v1/experiments/${encodeURIComponent(id)}/results`,
    AGAIN_MS,
  );
  const units = unitsOf(results);
  return (
    <tr>
      <th scope="row" data-name="Experiment">
        <a href={experimentLink(id)}>{name}</a>
        {name !== id && (
          <small className="soft">
            <code>{id}</code>
          </small>
        )}
      </th>
      <td data-name="Status">
        <span className="tag" data-status={defined?.status ?? "ruleset"}>
          {STATUS[defined?.status ?? "ruleset"]}
        </span>
      </td>
      <td data-name="Run" className="number">
        {results?.run ?? (isDraft ? "–" : "")}
      </td>
      <td data-name="Visitors" className="number">
        {units === null ? "–" : count(units)}
      </td>
      <td data-name="What it says">{isDraft ? "Not started yet." : saying(results, units, defined)}</td>
    </tr>
  );
}

/** Visitors where they are measured, else how many saw a variant. */
function unitsOf(results: Results | null): number | null {
  if (results === null) return null;
  const counts = results.units ?? {};
  return results.report === null
    ? Object.values(results.variants).reduce((sum, { exposures }) => sum + exposures, 0)
    : Object.values(counts).reduce((sum, one) => sum + one, 0);
}

function saying(results: Results | null, units: number | null, defined: DefinedExperiment | null): string {
  if (defined?.shipped != null) return `Everybody gets “${defined.shipped}”.`;
  if (results === null) return "";
  if (results.report === null) return WORDS.notMeasured;
  return units === 0 ? WORDS.nobody : verdictOf(results.report).headline;
}
