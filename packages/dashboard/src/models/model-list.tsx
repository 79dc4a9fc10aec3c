import { useJson } from "../experiments/use-json.js";
import { WORDS } from "../experiments/words.js";
import { modelLink } from "../use-route.js";
import type { ModelInForce } from "./types.js";
import { shortHash, standing } from "./words.js";

const AGAIN_MS = 2000;

/** All models of the site, and what is in force of each. */
export function ModelList({ server }: { server: string }) {
  const { value, problem, isLoading } = useJson<{ models: ModelInForce[] }>(
    `${server}/api/v1/models`,
    AGAIN_MS,
  );
  const models = value?.models ?? [];
  return (
    <main data-testid="model-list">
      <h2 className="wide title">Models</h2>
      {problem !== null && (
        <p className="notice" role="alert">
          {problem}
        </p>
      )}
      <section className="panel wide">
        {models.length === 0 ? (
          <>
            <p className="empty">{isLoading ? WORDS.loading : "No models yet."}</p>
            {!isLoading && (
              <p className="note">
                Train one: <code>attune train buys-soon --event "Order Completed"</code>
              </p>
            )}
          </>
        ) : (
          <table className="cards">
            <thead>
              <tr>
                <th scope="col">Model</th>
                <th scope="col">In force</th>
                <th scope="col">What it says</th>
              </tr>
            </thead>
            <tbody>
              {models.map((model) => (
                <tr key={model.name}>
                  <th scope="row" data-name="Model">
                    <a href={modelLink(model.name)}>{model.name}</a>
                  </th>
                  <td data-name="In force">
                    <code>{model.champion === null ? "–" : shortHash(model.champion)}</code>
                  </td>
                  <td data-name="What it says">{standing(model)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </section>
    </main>
  );
}
