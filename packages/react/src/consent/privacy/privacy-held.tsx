import type { EngineExport } from "@attune/core";
import type { PrivacyMessages } from "./messages/types.js";
import type { PrivacyCenter } from "./use-privacy-center.js";

/** At most so many of the latest events are shown; all that is kept is in the file. */
const EVENTS = 10;

const moment = (lang: string, at: number): string =>
  new Intl.DateTimeFormat(lang, { dateStyle: "medium", timeStyle: "short" }).format(at);

/** One text for each trait or preference. */
const pairs = (values: Readonly<Record<string, unknown>>): string[] =>
  Object.entries(values).map(
    ([name, value]) => `${name}: ${typeof value === "string" ? value : JSON.stringify(value)}`,
  );

/** What this page and device know of the visitor, in words. */
export function PrivacyHeld({ held, messages }: { held: PrivacyCenter["held"]; messages: PrivacyMessages }) {
  const say = messages.held;
  if (held === null) return <p role="status">{messages.busy}</p>;
  if (held === "failed") return <p role="status">{say.failed}</p>;
  const { data, events } = held;
  if (data.visitor === null && events.length === 0) return <p>{say.nothing}</p>;
  return (
    <>
      <dl className="attune-privacy-facts">
        {facts(data, messages).map(([name, values]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              {values.map((value) => (
                <span key={value}>{value}</span>
              ))}
            </dd>
          </div>
        ))}
      </dl>
      {events.length > 0 && (
        <table className="attune-privacy-events">
          <caption>{say.events}</caption>
          <thead>
            <tr>
              <th scope="col">{say.when}</th>
              <th scope="col">{say.what}</th>
              <th scope="col">{say.status}</th>
            </tr>
          </thead>
          <tbody>
            {events.slice(0, EVENTS).map(({ id, at, name, status }) => (
              <tr key={id}>
                <td>{moment(messages.lang, at)}</td>
                <td>{name}</td>
                <td>{say.statuses[status]}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </>
  );
}

/** What there is to say, each with at least one value. */
function facts(
  { visitor, state, segments }: EngineExport,
  { held: say, lang }: PrivacyMessages,
): [name: string, values: readonly string[]][] {
  const groups = Object.keys(segments).filter((name) => segments[name]);
  const all: [string, readonly string[]][] = [
    [say.visitor, visitor ? [visitor.id] : []],
    [say.account, visitor?.userId !== undefined ? [visitor.userId] : []],
    [say.since, state.firstSeenAt ? [moment(lang, state.firstSeenAt)] : []],
    [say.visits, state.sessions ? [new Intl.NumberFormat(lang).format(state.sessions)] : []],
    [say.segments, groups],
    [say.traits, pairs(visitor?.traits ?? {})],
    [say.preferences, pairs(visitor?.preferences ?? {})],
  ];
  return all.filter(([, values]) => values.length > 0);
}
