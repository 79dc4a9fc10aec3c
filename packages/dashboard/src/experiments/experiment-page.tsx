import type { ExperimentReport } from "@attune/core/stats";
import type { ReactNode } from "react";
import { count, percent } from "../format.js";
import { EXPERIMENTS } from "../use-route.js";
import { Actions } from "./actions.js";
import { BestOverTime } from "./best-over-time.js";
import { Breakdowns } from "./breakdowns.js";
import { DensityPlot } from "./density-plot.js";
import { MetricPanel } from "./metric-panel.js";
import { Notes } from "./notes.js";
import { RatioPanel } from "./ratio-panel.js";
import type { DefinedExperiment, Results, Session } from "./types.js";
import { useBestOverTime } from "./use-best-over-time.js";
import { useJson } from "./use-json.js";
import { useResults } from "./use-results.js";
import { VerdictPanel } from "./verdict.js";
import { ROLE_ORDER, STATUS, WORDS } from "./words.js";

/** Somebody else may have started or stopped it. */
const AGAIN_MS = 10_000;

export interface ExperimentPageProps {
  server: string;
  id: string;
  session: Session | null;
  /** Whether simulated visitors are counted among those of this experiment. */
  isSimulated: boolean;
}

/** What one experiment has shown, as it changes. */
export function ExperimentPage({ server, id, session, isSimulated }: ExperimentPageProps) {
  const { results, isLost, problem } = useResults(server, id);
  // By the list: of one that the ruleset runs by itself there is no definition, which is no error.
  const { value: all, again } = useJson<{ experiments: DefinedExperiment[] }>(
    `${server}/api/v1/experiments`,
    AGAIN_MS,
  );
  const defined = all?.experiments.find((one) => one.id === id) ?? null;
  const report = results?.report ?? null;
  const variants = report
    ? report.variants.filter(({ isAnalysed }) => isAnalysed).map(({ name }) => name)
    : Object.keys(results?.variants ?? {});
  return (
    <main className="experiment" data-testid="experiment">
      <Head id={id} defined={defined} run={results?.run ?? null}>
        {defined !== null && session?.scopes.includes("publish") === true && (
          <Actions
            {...{ server, variants }}
            experiment={defined}
            winner={report?.decision.state === "winner" ? report.decision.variant : null}
            done={again}
          />
        )}
      </Head>
      {isSimulated && (
        <p className="notice" data-testid="simulated">
          {WORDS.simulated}
        </p>
      )}
      {isLost && (
        <p className="notice" role="status">
          {problem ?? WORDS.lost}
        </p>
      )}
      {results === null ? (
        problem === null && <p className="empty wide">{WORDS.loading}</p>
      ) : report === null ? (
        <Counts results={results} />
      ) : (
        <Report {...{ server, id, results, report, variants }} startedAt={defined?.startedAt ?? null} />
      )}
    </main>
  );
}

function Head({
  id,
  defined,
  run,
  children,
}: {
  id: string;
  defined: DefinedExperiment | null;
  run: number | null;
  children: ReactNode;
}) {
  return (
    <div className="head wide">
      <p>
        <a href={EXPERIMENTS}>← {WORDS.all}</a>
      </p>
      <h2>{defined?.name ?? id}</h2>
      <p className="soft">
        <span className="tag" data-status={defined?.status ?? "ruleset"}>
          {STATUS[defined?.status ?? "ruleset"]}
        </span>{" "}
        {defined?.shipped != null && `everybody gets “${defined.shipped}” · `}
        <code>{id}</code>
        {defined && ` · slot ${defined.slot}`}
        {run !== null && ` · run ${run}`}
        {defined?.startedAt != null &&
          ` · since ${new Date(defined.startedAt).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" })}`}
      </p>
      {defined?.hypothesis !== undefined && <p className="hypothesis">{defined.hypothesis}</p>}
      {children}
    </div>
  );
}

function Report({
  server,
  id,
  results,
  report,
  variants,
  startedAt,
}: {
  server: string;
  id: string;
  results: Results;
  report: ExperimentReport;
  variants: readonly string[];
  startedAt: string | null;
}) {
  const overTime = useBestOverTime(server, { id, startedAt, variants });
  const units = Object.values(results.units ?? {}).reduce((sum, one) => sum + one, 0);
  const primary = report.metrics.find(({ role }) => role === "primary");
  const metrics = ROLE_ORDER.flatMap((role) => report.metrics.filter((metric) => metric.role === role));
  if (units === 0)
    return (
      <section className="panel wide" data-testid="decision">
        <h3>{WORDS.nobody}</h3>
        <p className="empty">{WORDS.nobodyNext}</p>
      </section>
    );
  return (
    <>
      <VerdictPanel report={report} units={units} />
      {metrics.map((metric) => (
        <MetricPanel key={metric.name} metric={metric} level={report.level} />
      ))}
      {primary && primary.variants.length > 0 && (
        <section className="panel">
          <DensityPlot metric={primary} />
        </section>
      )}
      <section className="panel">
        <BestOverTime told={overTime} variants={variants} />
      </section>
      <Breakdowns report={report} />
      <RatioPanel report={report} crossed={results.crossed} isAlone={report.notes.length === 0} />
      <Notes notes={report.notes} />
    </>
  );
}

/** Of what is not measured: who saw what. */
function Counts({ results }: { results: Results }) {
  return (
    <section className="panel wide" data-testid="decision">
      <h3>{WORDS.notMeasured}</h3>
      <p className="soft">{results.notes["report"]}</p>
      <table>
        <thead>
          <tr>
            <th scope="col">Variant</th>
            <th scope="col" className="number">
              Saw it
            </th>
            <th scope="col" className="number">
              Ordered after
            </th>
            <th scope="col" className="number">
              Rate
            </th>
          </tr>
        </thead>
        <tbody>
          {Object.entries(results.variants).map(([name, { exposures, conversions }]) => (
            <tr key={name}>
              <td>{name}</td>
              <td className="number">{count(exposures)}</td>
              <td className="number">{count(conversions)}</td>
              <td className="number">{percent(conversions, exposures)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
