import { experimentLink } from "./use-route.js";
import type { EventFrame, Figures, MetricsFrame } from "./frames.js";
import { clock, count, counted, percent, rate } from "./format.js";
import { Sparkline } from "./sparkline.js";
import { Simulated } from "./visitors.js";

export function Tiles({
  figures,
  live,
  realOnly,
}: {
  figures: Figures;
  live: MetricsFrame["live"];
  realOnly: boolean;
}) {
  const sessions = figures.sessions.given + figures.sessions.derived;
  const without = (all: number, simulated: number): number => Math.max(0, realOnly ? all - simulated : all);
  return (
    <dl className="tiles">
      <Tile
        name="Visitors now"
        value={count(without(live.activeVisitors, live.simulatedVisitors))}
        note={
          live.simulatedVisitors > 0 && !realOnly
            ? `${count(live.simulatedVisitors)} of them simulated`
            : "in the last five minutes"
        }
      />
      <Tile
        name="Events a second"
        value={rate(without(live.eventsPerSecond, live.simulatedEventsPerSecond))}
        note={`${count(without(live.eventsLastMinute, live.simulatedEventsLastMinute))} in the last minute`}
      />
      <Tile
        name="Sessions"
        value={count(sessions)}
        note={`${counted(figures.visitors, "visitor")}, ${counted(figures.events, "event")} in all`}
      />
      <Tile
        name="Orders"
        value={count(figures.conversions.orders)}
        note={`${percent(figures.conversions.sessions, sessions)} of sessions`}
      />
    </dl>
  );
}

function Tile({ name, value, note }: { name: string; value: string; note: string }) {
  return (
    <div className="tile">
      <dt>{name}</dt>
      <dd>
        {value}
        <small>{note}</small>
      </dd>
    </div>
  );
}

export function Traffic({ history }: { history: readonly number[] }) {
  return (
    <section className="panel wide">
      <h2>
        Events a second, last two minutes{" "}
        <span className="soft">at most {rate(Math.max(0, ...history))}</span>
      </h2>
      <Sparkline
        values={history}
        capacity={120}
        label={`Events a second over the last two minutes; now ${rate(history.at(-1) ?? 0)}`}
      />
    </section>
  );
}

export function Segments({ segments, visitors }: { segments: Figures["segments"]; visitors: number }) {
  const rows = Object.entries(segments).sort((a, b) => (b[1] ?? 0) - (a[1] ?? 0));
  const few = rows.some(([, size]) => size === null);
  return (
    <section className="panel">
      <h2>Segments</h2>
      {rows.length === 0 ? (
        <p className="empty">Nobody is in a segment yet.</p>
      ) : (
        <table>
          <thead>
            <tr>
              <th>Segment</th>
              <th className="number">Visitors</th>
              <th className="number">Share</th>
            </tr>
          </thead>
          <tbody>
            {rows.map(([name, size]) => (
              <tr key={name}>
                <td>
                  {name.replace(/-/g, " ")}
                  <Bar share={visitors === 0 ? 0 : (size ?? 0) / visitors} />
                </td>
                <td className="number">{size === null ? "few" : count(size)}</td>
                <td className="number">{size === null ? "–" : percent(size, visitors)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {few && <p className="note">Few: so few that they could be recognised. How many is not told.</p>}
    </section>
  );
}

function Bar({ share }: { share: number }) {
  return (
    <span className="bar" aria-hidden="true">
      <i style={{ width: `${Math.min(100, Math.max(0, share * 100))}%` }} />
    </span>
  );
}

export function Experiments({
  experiments,
  crossed,
}: Pick<Figures, "experiments"> & { crossed: NonNullable<Figures["crossed"]> }) {
  const names = Object.keys(experiments);
  return (
    <section className="panel" data-testid="experiments">
      <h2>Experiments</h2>
      {names.length === 0 && <p className="empty">No variant has been seen yet.</p>}
      {names.map((name) => (
        <table key={name}>
          <caption>
            <a href={experimentLink(name)}>{name}</a>
            {(crossed[name] ?? 0) > 0 && `: ${count(crossed[name] ?? 0)} saw more than one variant`}
          </caption>
          <thead>
            <tr>
              <th>Variant</th>
              <th className="number">Saw it</th>
              <th className="number">Ordered after</th>
              <th className="number">Rate</th>
            </tr>
          </thead>
          <tbody>
            {Object.entries(experiments[name] ?? {})
              .sort(([a], [b]) => (a < b ? -1 : 1))
              .map(([variant, { exposures, conversions }]) => (
                <tr key={variant}>
                  <td>{variant}</td>
                  <td className="number">{count(exposures)}</td>
                  <td className="number">{count(conversions)}</td>
                  <td className="number">{percent(conversions, exposures)}</td>
                </tr>
              ))}
          </tbody>
        </table>
      ))}
      {names.length > 0 && (
        <p className="note">Counts only. Whether a difference is real, the page of the experiment says.</p>
      )}
    </section>
  );
}

export function Feed({ feed }: { feed: readonly EventFrame[] }) {
  return (
    <section className="panel" data-testid="events">
      <h2>Events</h2>
      {feed.length === 0 ? (
        <p className="empty">Waiting for the first.</p>
      ) : (
        <ol className="feed">
          {feed.map((frame) => (
            <li key={frame.event.eventId}>
              <time dateTime={frame.event.timestamp}>{clock(frame.event.timestamp)}</time>
              <span>
                {frame.event.eventType}{" "}
                <span className="soft">
                  {frame.event.product ?? frame.event.category ?? frame.event.path}
                </span>
              </span>
              {frame.simulated && <Simulated />}
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}
