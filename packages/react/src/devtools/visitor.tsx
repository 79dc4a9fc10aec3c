import { FEATURES } from "@attune/core";
import { useSegments, useSignals, useVisitor } from "@attune/react";
import type { DevtoolsMessages } from "./messages/types.js";

const rounded = (value: number): number => Math.round(value * 1000) / 1000;

/** Who the visitor is to the page, and what it has learned: only features that say something. */
export function Visitor({ messages }: { messages: DevtoolsMessages }) {
  const visitor = useVisitor();
  const segments = useSegments();
  const { features, scores } = useSignals();
  const told = FEATURES.filter(({ name }) => features[name]);
  return (
    <section aria-labelledby="attune-devtools-visitor">
      <h3 id="attune-devtools-visitor">{messages.visitor}</h3>
      {visitor === null ? (
        <p>{messages.noVisitor}</p>
      ) : (
        <p>
          {messages.id} <code>{visitor.id}</code>
        </p>
      )}
      <p>
        {messages.segments}: {segments.join(", ") || messages.nothing}
      </p>
      {(["engagement", "intent"] as const).map((name) => (
        <p key={name}>
          {messages.scores[name]}: <b>{rounded(scores[name].value)}</b>
        </p>
      ))}
      {told.length > 0 && (
        <details open>
          <summary>{messages.features}</summary>
          <table>
            <tbody>
              {told.map(({ name, unit, description }) => (
                <tr key={name}>
                  <th scope="row" title={description}>
                    {name}
                  </th>
                  <td>
                    {rounded(features[name] ?? 0)} {messages.units[unit]}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </details>
      )}
    </section>
  );
}
