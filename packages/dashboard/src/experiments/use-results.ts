import { useEffect, useState } from "react";
import type { Results } from "./types.js";

const RETRY_MS = 3000;

export interface LiveResults {
  results: Results | null;
  isLost: boolean;
  /** Null until something has come. */
  problem: string | null;
}

/** The results of an experiment as they change. A stream that was refused (nobody knows the experiment, or the server is full) is asked for again. */
export function useResults(server: string, id: string): LiveResults {
  const [state, setState] = useState<LiveResults & { of: string }>({
    ...{ of: id, results: null, isLost: false, problem: null },
  });
  useEffect(() => {
    const url = `${server}/api/v1/experiments/${encodeURIComponent(id)}/results`;
    let source: EventSource;
    let retry: ReturnType<typeof setTimeout> | undefined;
    let isOver = false;
    const explain = async (): Promise<void> => {
      const answer = await fetch(url).catch(() => null);
      const said = (await answer?.json().catch(() => null)) as { detail?: string } | null | undefined;
      if (!isOver && answer?.ok === false)
        setState({
          of: id,
          results: null,
          isLost: true,
          problem: said?.detail ?? "The server refused this.",
        });
    };
    const open = (): void => {
      source = new EventSource(`${url}/stream`);
      source.addEventListener("results", (message: MessageEvent<string>) =>
        setState({
          ...{ of: id, isLost: false, problem: null },
          results: JSON.parse(message.data) as Results,
        }),
      );
      source.onopen = () => setState((before) => ({ ...before, isLost: false }));
      source.onerror = () => {
        setState((before) => ({ ...before, isLost: true }));
        if (source.readyState !== EventSource.CLOSED) return;
        void explain();
        retry = setTimeout(open, RETRY_MS);
      };
    };
    open();
    return () => {
      isOver = true;
      clearTimeout(retry);
      source.close();
    };
  }, [server, id]);
  // What is still shown of another experiment is nobody's.
  return state.of === id ? state : { results: null, isLost: false, problem: null };
}
