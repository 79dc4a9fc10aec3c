import { type ReactNode, useEffect, useRef, useState } from "react";
import type { DefinedExperiment } from "./types.js";

export interface ActionsProps {
  server: string;
  experiment: DefinedExperiment;
  variants: readonly string[];
  /** Proposed where everybody is to get one: the winner, if there is one. */
  winner: string | null;
  done(): void;
}

type Action = "start" | "stop" | "ship";

const POSSIBLE: Readonly<Record<DefinedExperiment["status"], readonly Action[]>> = {
  draft: ["start"],
  running: ["ship", "stop"],
  stopped: ["ship", "start"],
  shipped: [],
};
const NAMES: Readonly<Record<Action, string>> = { start: "Start …", stop: "Stop …", ship: "Ship …" };
const CONFIRM: Readonly<Record<Action, string>> = {
  start: "Start it",
  stop: "Stop it",
  ship: "Ship it to everybody",
};

function happening(action: Action, { slot, run, name }: DefinedExperiment): string {
  switch (action) {
    case "start":
      return run === 0
        ? `“${name}” begins to decide the slot “${slot}” for visitors who take part, from now on. A new revision of the ruleset is published.`
        : `A new run begins, and is counted by itself; what was counted of run ${run} is kept. A new revision of the ruleset is published.`;
    case "stop":
      return `The slot “${slot}” is decided as before the experiment, for everybody, from now on. What was counted is kept. It can be started anew, as a new run.`;
    case "ship":
      return `Everybody gets the chosen variant in the slot “${slot}” from now on, and the experiment ends for good. A new revision of the ruleset is published.`;
  }
}

/** What may be done with an experiment, each with a question first. */
export function Actions(props: ActionsProps) {
  const [asked, setAsked] = useState<Action | null>(null);
  const possible = POSSIBLE[props.experiment.status];
  return (
    <div className="actions">
      {possible.map((action) => (
        <button key={action} type="button" onClick={() => setAsked(action)}>
          {NAMES[action]}
        </button>
      ))}
      {asked !== null && <Question {...props} action={asked} close={() => setAsked(null)} />}
    </div>
  );
}

function Question({
  server,
  experiment,
  variants,
  winner,
  done,
  action,
  close,
}: ActionsProps & { action: Action; close(): void }) {
  const [variant, setVariant] = useState(winner);
  const [problem, setProblem] = useState<string | null>(null);
  const [isSending, setSending] = useState(false);
  const isWhole = action !== "ship" || variant !== null;
  const send = async (): Promise<void> => {
    setSending(true);
    const refused = await act(server, experiment.id, action, variant);
    setSending(false);
    if (refused !== null) return setProblem(refused);
    done();
    close();
  };
  return (
    <Dialog title={`${CONFIRM[action]}?`} close={close}>
      <p>{happening(action, experiment)}</p>
      {action === "ship" && (
        <fieldset>
          <legend>Which variant?</legend>
          {variants.map((name) => (
            <label key={name}>
              <input
                type="radio"
                name="variant"
                checked={variant === name}
                onChange={() => setVariant(name)}
              />{" "}
              {name} {name === winner && <span className="tag">better</span>}
            </label>
          ))}
        </fieldset>
      )}
      {problem !== null && <p role="alert">{problem}</p>}
      <div className="answers">
        <button type="button" onClick={close}>
          Cancel
        </button>
        <button type="button" className="chief" disabled={!isWhole || isSending} onClick={() => void send()}>
          {CONFIRM[action]}
        </button>
      </div>
    </Dialog>
  );
}

function Dialog({ title, close, children }: { title: string; close(): void; children: ReactNode }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (dialog.current?.open === false) dialog.current.showModal();
  }, []);
  return (
    <dialog ref={dialog} onClose={close} aria-label={title}>
      <h3>{title}</h3>
      {children}
    </dialog>
  );
}

/** Null where it was done, else why not. */
async function act(
  server: string,
  id: string,
  action: Action,
  variant: string | null,
): Promise<string | null> {
  const answer = await fetch(`${server}/api/v1/experiments/${encodeURIComponent(id)}/${action}`, {
    method: "POST",
    ...(action === "ship" && {
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ variant }),
    }),
  }).catch(() => null);
  if (answer?.ok) return null;
  const said = (await answer?.json().catch(() => null)) as
    | { detail?: string; errors?: readonly { message: string }[] }
    | null
    | undefined;
  return said?.errors?.[0]?.message ?? said?.detail ?? "The server did not answer. Is it still running?";
}
