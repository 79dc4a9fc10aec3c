import type { DevtoolsMessages } from "./messages/types.js";
import { useDeliveries } from "./use-deliveries.js";

/** What was recorded and what became of it. */
export function Events({ messages }: { messages: DevtoolsMessages }) {
  const deliveries = useDeliveries();
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
                <th scope="row" lang="en">
                  {name}
                </th>
                <td data-status={status}>{messages.statuses[status]}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
