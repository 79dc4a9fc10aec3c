import { useAttune } from "@attune/react";
import { useEffect, useState } from "react";
import type { DevtoolsMessages } from "./messages/types.js";

/** What was recorded and what became of it. Deliveries are a log, not state that pages render from: read each half second while open. */
export function Events({ messages }: { messages: DevtoolsMessages }) {
  const attune = useAttune();
  const [deliveries, setDeliveries] = useState(() => attune.deliveries());
  useEffect(() => {
    const timer = setInterval(() => setDeliveries(attune.deliveries()), 500);
    return () => clearInterval(timer);
  }, [attune]);
  return (
    <section aria-labelledby="attune-devtools-events">
      <h3 id="attune-devtools-events">{messages.events}</h3>
      {deliveries.length === 0 ? (
        <p>{messages.noEvents}</p>
      ) : (
        <table>
          <tbody>
            {deliveries.map(({ id, name, at, status }) => (
              <tr key={id}>
                <td>
                  <time dateTime={new Date(at).toISOString()}>
                    {new Date(at).toLocaleTimeString(messages.lang)}
                  </time>
                </td>
                <th scope="row">{name}</th>
                <td data-status={status}>{messages.statuses[status]}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
