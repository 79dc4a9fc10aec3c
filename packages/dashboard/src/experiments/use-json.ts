import { useCallback, useEffect, useState } from "react";

export interface Loaded<T> {
  /** Null until it has come, and where there is none. */
  value: T | null;
  /** What went wrong, in words; null where nothing did. */
  problem: string | null;
  isLoading: boolean;
  again(): void;
}

/** What a server answers, asked again every `everyMs` where that is given and whenever `again` is called. A null address asks for nothing. */
export function useJson<T>(url: string | null, everyMs?: number): Loaded<T> {
  const [state, setState] = useState<Omit<Loaded<T>, "again">>({
    value: null,
    problem: null,
    isLoading: true,
  });
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    if (url === null) return undefined;
    const aborter = new AbortController();
    const load = async (): Promise<void> => {
      try {
        const response = await fetch(url, { signal: aborter.signal });
        const body = (await response.json()) as T & { detail?: string };
        if (response.ok) setState({ value: body, problem: null, isLoading: false });
        else setState({ value: null, problem: body.detail ?? "The server refused this.", isLoading: false });
      } catch {
        if (aborter.signal.aborted) return;
        setState((before) => ({ ...before, problem: "The server did not answer.", isLoading: false }));
      }
    };
    void load();
    const timer = everyMs === undefined ? undefined : setInterval(() => void load(), everyMs);
    return () => {
      aborter.abort();
      clearInterval(timer);
    };
  }, [url, everyMs, turn]);
  return { ...state, again: useCallback(() => setTurn((before) => before + 1), []) };
}
