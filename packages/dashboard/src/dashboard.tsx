import { useState } from "react";
import { latestVisitors } from "./model.js";
import { Experiments, Feed, Segments, Tiles, Traffic, Visitors } from "./panels.js";
import { useLive } from "./use-live.js";

export interface DashboardProps {
  /** Where the Attune server answers; the page's own origin unless told. */
  server?: string;
}

const STATES = { connecting: "Connecting …", live: "Live", lost: "Connection lost, trying again …" } as const;

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
        {metrics !== null && <Simulation server={server} running={metrics.simulated?.running ?? false} />}
      </header>
      {metrics === null ? (
        <p className="empty">Waiting for the first figures.</p>
      ) : (
        <main>
          <Tiles metrics={metrics} />
          <Traffic history={model.history} />
          <Segments segments={metrics.summary.segments} visitors={metrics.summary.visitors} />
          <Experiments experiments={metrics.summary.experiments} />
          <Feed feed={model.feed} />
          <Visitors visitors={latestVisitors(model, 12)} />
        </main>
      )}
    </div>
  );
}

function Simulation({ server, running }: { server: string; running: boolean }) {
  const [problem, setProblem] = useState<string | null>(null);
  const turn = async () => {
    const answer = await fetch(`${server}/api/v1/simulation`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ visitorsPerMinute: running ? 0 : 60 }),
    }).catch(() => null);
    setProblem(answer?.ok ? null : "That did not work.");
  };
  return (
    <div className="simulation">
      {running && <p>Part of what you see is a simulated population, not people.</p>}
      {problem !== null && <p role="alert">{problem}</p>}
      <button type="button" onClick={() => void turn()}>
        {running ? "Stop the simulated population" : "Add a simulated population"}
      </button>
    </div>
  );
}
