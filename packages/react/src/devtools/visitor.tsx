import { FEATURES } from "@attune/core";
import { useSegments, useSignals, useVisitor } from "@attune/react";
import type { DevtoolsMessages } from "./messages/types.js";

/** Who the visitor is to the page, and what it has learned: only features that say something. */
export function Visitor({ messages }: { messages: DevtoolsMessages }) {
  const visitor = useVisitor();
  const segments = useSegments();
  const { features, scores, modelScores } = useSignals();
  const told = FEATURES.filter(({ name }) => features[name]);
  const { format } = new Intl.NumberFormat(messages.lang, { maximumFractionDigits: 3 });
  return (
    <section aria-labelledby="attune-devtools-visitor">
      <h3 id="attune-devtools-visitor">{messages.visitor}</h3>
      {visitor === null ? (
        <p>{messages.noVisitor}</p>
      ) : (
        <p>
          {messages.id}
          {messages.colon}
          <code>{visitor.id}</code>
        </p>
      )}
      <p>
        {messages.segments}
        {messages.colon}
        {segments.join(", ") || messages.nothing}
      </p>
      {(["engagement", "intent"] as const).map((name) => (
        <p key={name}>
          {messages.scores[name]}
          {messages.colon}
          <b>{format(scores[name].value)}</b>
        </p>
      ))}
      {Object.entries(modelScores).flatMap(([model, said]) =>
        (typeof said === "number" ? [["", said] as const] : Object.entries(said)).map(([output, value]) => (
          <p key={`${model}.${output}`}>
            <code>{output === "" ? model : `${model}.${output}`}</code>
            {messages.colon}
            <b>{format(value)}</b>
          </p>
        )),
      )}
      {told.length > 0 && (
        <details open>
          <summary>{messages.features}</summary>
          <table>
            <tbody>
              {told.map(({ name, unit, description }) => (
                <tr key={name}>
                  <th scope="row" lang="en" title={description}>
                    {name}
                  </th>
                  <td>
                    {format(features[name] ?? 0)} {messages.units[unit]}
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
