import { useState } from "react";
import { clock } from "./format.js";
import type { MetricsFrame } from "./frames.js";
import { latestEvents, latestVisitors, type Model } from "./model.js";
import { Experiments, Feed, Segments, Tiles, Traffic } from "./panels.js";
import { Audience, Population } from "./population.js";
import { useLive } from "./use-live.js";
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

/** The live page: visitors, traffic, segments and experiments of the signed-in site. */
export function Dashboard({ server = "" }: DashboardProps) {
  const model = useLive(`${server}/api/v1/behavioral/stream`);
  const { metrics } = model;
  return (
    <div className="dashboard">
      <header>
        <h1>Attune</h1>
        <p className="connection" data-state={model.connection} role="status">
          {STATES[model.connection]}
        </p>
        {metrics !== null && <Population server={server} running={metrics.simulated?.running ?? false} />}
      </header>
      {metrics === null ? (
        <p className="empty">Waiting for the first figures.</p>
      ) : (
        <Panels model={model} metrics={metrics} />
      )}
    </div>
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
