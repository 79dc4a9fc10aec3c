import type { ReactNode } from "react";
import { useJson } from "../experiments/use-json.js";
import { WORDS } from "../experiments/words.js";
import { clock, count } from "../format.js";
import { MODELS } from "../use-route.js";
import { ReportCard } from "./report-card.js";
import type { Drift, ModelDetails, Performance } from "./types.js";
import { alarmWords, driftWords, eventWords, outcomeWords, ROLES, shortHash, standing } from "./words.js";

/** A bad version on trial is taken back within ten seconds: whoever looks sees it happen. */
const AGAIN_MS = 1000;
const SLOWLY_MS = 10_000;

/** One model: what is in force, how its trial goes, what it was trained on, and whether visitors still are as then. */
export function ModelPage({ server, id }: { server: string; id: string }) {
  const at = `${server}/api/v1/models/${encodeURIComponent(id)}`;
  const { value: model, problem, isLoading } = useJson<ModelDetails>(at, AGAIN_MS);
  const { value: performance } = useJson<Performance>(`${at}/performance`, AGAIN_MS);
  const { value: drift } = useJson<Drift>(`${at}/drift`, SLOWLY_MS);
  if (model === null)
    return (
      <main>
        <p className="empty" role={problem === null ? undefined : "alert"}>
          {isLoading ? WORDS.loading : problem}
        </p>
      </main>
    );
  const inForce = model.versions.find(({ version }) => version === model.champion);
  const last = model.events[0];
  const isBack = model.canary === null && last?.type === "rollback";
  return (
    <main data-testid="model-page">
      <p className="wide">
        <a href={MODELS}>Models</a>
      </p>
      <h2 className="wide title">{model.name}</h2>
      <section className="panel wide verdict" data-state={isBack ? "harm" : undefined} data-testid="standing">
        <h3>{standing(model)}</h3>
        {isBack && last !== undefined && <p>{eventWords(last)}</p>}
        {performance?.verdict && <p data-testid="verdict">{performance.verdict.words}</p>}
        {model.alarms
          .filter(({ version }) => version === model.champion)
          .map((alarm) => (
            <p key={alarm.kind} data-testid="alarm">
              <span className="tag" data-severity="warning">
                alarm
              </span>{" "}
              {alarmWords(alarm)}, noticed at {clock(alarm.at)}.
            </p>
          ))}
        {model.training?.state === "running" && <p>A new version is being trained.</p>}
        {model.training?.words && <p>{model.training.words}</p>}
      </section>
      <Panel title="How they do">
        {performance === null ? <p className="empty">{WORDS.loading}</p> : <Doing {...performance} />}
      </Panel>
      {inForce?.card && <ReportCard card={inForce.card} />}
      <Panel title="Drift">
        {drift &&
          [driftWords(drift), ...outcomeWords(drift.outcomes)].map((words) => <p key={words}>{words}</p>)}
      </Panel>
      <Versions {...model} />
      <Panel title="What happened">
        <ul className="plain">
          {model.events.map((event) => (
            <li key={`${event.at}${event.type}`}>
              <span className="soft">{clock(event.at)}</span> {eventWords(event)}
            </li>
          ))}
        </ul>
      </Panel>
    </main>
  );
}

const Panel = ({ title, children }: { title: string; children: ReactNode }) => (
  <section className="panel wide">
    <h3>{title}</h3>
    {children}
  </section>
);

function Doing({ versions }: Performance) {
  return (
    <table className="cards">
      <thead>
        <tr>
          <th scope="col">Version</th>
          <th scope="col" className="number">
            Predictions
          </th>
          <th scope="col" className="number">
            Failed
          </th>
          <th scope="col" className="number">
            No numbers
          </th>
          <th scope="col" className="number">
            p99, ms
          </th>
          <th scope="col">Came to the metric</th>
        </tr>
      </thead>
      <tbody>
        {versions.map(({ version, role, predictions, errors, notFinite, p99Ms, reward }) => (
          <tr key={version}>
            <th scope="row" data-name="Version">
              <code>{shortHash(version)}</code> <span className="tag">{ROLES[role]}</span>
            </th>
            <td data-name="Predictions" className="number">
              {count(predictions)}
            </td>
            <td data-name="Failed" className="number">
              {count(errors)}
            </td>
            <td data-name="No numbers" className="number">
              {count(notFinite)}
            </td>
            <td data-name="p99, ms" className="number">
              {p99Ms === null ? "–" : p99Ms.toFixed(3)}
            </td>
            <td data-name="Came to the metric">
              {reward === null ? "not counted" : `${count(reward.reached)} of ${count(reward.visitors)}`}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Versions({ versions, champion, canary, refused }: ModelDetails) {
  const roleOf = (version: string): string => {
    if (version === champion) return ROLES.champion;
    if (version === canary?.version) return ROLES.canary;
    return refused.includes(version) ? "taken back" : "kept";
  };
  return (
    <Panel title="Versions">
      <table className="cards">
        <thead>
          <tr>
            <th scope="col">Version</th>
            <th scope="col">Is</th>
            <th scope="col" className="number">
              Bytes
            </th>
            <th scope="col" className="number">
              AUC
            </th>
          </tr>
        </thead>
        <tbody>
          {versions.map(({ version, bytes, card }) => (
            <tr key={version}>
              <th scope="row" data-name="Version">
                <code>{shortHash(version)}</code>
              </th>
              <td data-name="Is">{roleOf(version)}</td>
              <td data-name="Bytes" className="number">
                {count(bytes)}
              </td>
              <td data-name="AUC" className="number">
                {card?.metrics?.auc?.value.toFixed(3) ?? "–"}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}
