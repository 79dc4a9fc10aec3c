import { useState } from "react";
import { ExperimentList } from "./experiments/experiment-list.js";
import { ExperimentPage } from "./experiments/experiment-page.js";
import type { Session } from "./experiments/types.js";
import { useJson } from "./experiments/use-json.js";
import { clock } from "./format.js";
import type { MetricsFrame } from "./frames.js";
import { latestEvents, latestVisitors, type Model } from "./model.js";
import { ModelList } from "./models/model-list.js";
import { ModelPage } from "./models/model-page.js";
import { Navigation } from "./navigation.js";
import { Experiments, Feed, Segments, Tiles, Traffic } from "./panels.js";
import { Audience, Population } from "./population.js";
import { useLive } from "./use-live.js";
import { type Route, useRoute } from "./use-route.js";
import { Visitors } from "./visitors.js";

export interface DashboardProps {
  /** Where the Attune server answers; the page's own origin unless told. */
  server?: string;
}

const STATES = {
  connecting: "Connecting …",
  live: "Live",
  lost: "Connection lost, trying again. If that lasts, reload this page.",
} as const;
const VISITORS = 12;
const EVENTS = 16;

/** Visitors, traffic and segments of the signed-in site, live, and its experiments with what they show. */
export function Dashboard({ server = "" }: DashboardProps) {
  const model = useLive(`${server}/api/v1/behavioral/stream`);
  const { metrics } = model;
  const route = useRoute();
  const { value: session } = useJson<Session>(`${server}/api/v1/dashboard/session`);
  return (
    <div className="dashboard">
      <header>
        <h1>Attune</h1>
        <Navigation route={route} />
        <p className="connection" data-state={model.connection} role="status">
          {STATES[model.connection]}
        </p>
        {metrics !== null && session?.scopes.includes("manage") !== false && (
          <Population server={server} running={metrics.simulated?.running ?? false} />
        )}
      </header>
      <Page {...{ route, server, model, session }} />
    </div>
  );
}

function Page({
  route,
  server,
  model,
  session,
}: {
  route: Route;
  server: string;
  model: Model;
  session: Session | null;
}) {
  const { metrics } = model;
  if (route.page === "experiments")
    return <ExperimentList server={server} isSimulated={isSimulated(metrics, null)} />;
  if (route.page === "experiment")
    return (
      <ExperimentPage
        key={route.id}
        {...{ server, session, id: route.id, isSimulated: isSimulated(metrics, route.id) }}
      />
    );
  if (route.page === "models") return <ModelList server={server} />;
  if (route.page === "model") return <ModelPage key={route.id} server={server} id={route.id} />;
  return metrics === null ? (
    <p className="empty">Waiting for the first figures.</p>
  ) : (
    <Panels model={model} metrics={metrics} />
  );
}

/** Whether figures of an experiment, or of any, hold simulated visitors, as far as this server has seen. */
function isSimulated(metrics: MetricsFrame | null, id: string | null): boolean {
  if (metrics === null) return false;
  const { experiments } = metrics.apart.simulated;
  return (
    metrics.simulated?.running === true ||
    Object.keys(id === null ? experiments : (experiments[id] ?? {})).length > 0
  );
}

function Panels({ model, metrics }: { model: Model; metrics: MetricsFrame }) {
  const [wanted, setWanted] = useState(false);
  const { apart, live, summary } = metrics;
  const mixed =
    metrics.simulated?.running === true || live.simulatedVisitors > 0 || apart.simulated.visitors > 0;
  const realOnly = wanted && mixed;
  const figures = realOnly ? apart.real : summary;
  return (
    <main>
      {mixed && (
        <div className="notice">
          <Audience realOnly={realOnly} choose={setWanted} />
          <p data-testid="counted">
            {realOnly
              ? `Real visitors only. Sessions, orders, segments and experiments are counted since ${clock(apart.since)}, when this server began to watch.`
              : "Part of what you see is a simulated population, not people. Sessions, orders, segments and experiments are all that is stored, simulated visitors included."}
          </p>
        </div>
      )}
      <Tiles figures={figures} live={live} realOnly={realOnly} />
      <Traffic history={model.history.map(({ all, real }) => (realOnly ? real : all))} />
      <Visitors
        visitors={latestVisitors(model, VISITORS, realOnly)}
        realOnly={realOnly}
        heardSince={model.heardSince}
      />
      <div className="column">
        <Experiments experiments={figures.experiments} crossed={figures.crossed ?? {}} />
        <Segments segments={figures.segments} visitors={figures.visitors} />
      </div>
      <Feed feed={latestEvents(model, EVENTS, realOnly)} />
    </main>
  );
}
