import { useState } from "react";

/** A few events a second: what a person can read along with. */
const VISITORS_PER_MINUTE = 6;

/** Switches the simulated population of the server on and off. */
export function Population({ server, running }: { server: string; running: boolean }) {
  const [problem, setProblem] = useState<string | null>(null);
  const turn = async () => {
    const answer = await fetch(`${server}/api/v1/simulation`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ visitorsPerMinute: running ? 0 : VISITORS_PER_MINUTE }),
    }).catch(() => null);
    if (answer?.ok) return setProblem(null);
    const said = (await answer?.json().catch(() => null)) as { detail?: string } | null | undefined;
    setProblem(said?.detail ?? "The server did not answer. Is it still running?");
  };
  return (
    <div className="population">
      {problem !== null && <p role="alert">{problem}</p>}
      <button type="button" onClick={() => void turn()}>
        {running ? "Stop the simulated population" : "Add a simulated population"}
      </button>
    </div>
  );
}

/** Whom the page shows: everybody, or real visitors only. */
export function Audience({ realOnly, choose }: { realOnly: boolean; choose(realOnly: boolean): void }) {
  return (
    <fieldset className="audience">
      <legend>Show</legend>
      {(
        [
          [false, "All visitors"],
          [true, "Real visitors only"],
        ] as const
      ).map(([value, text]) => (
        <label key={text}>
          <input type="radio" name="audience" checked={realOnly === value} onChange={() => choose(value)} />
          <span>{text}</span>
        </label>
      ))}
    </fieldset>
  );
}
