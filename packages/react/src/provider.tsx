import { type Attune, type AttuneOptions, createAttune, type InitialState } from "@attune/core";
import { createTransitions } from "@attune/core/browser";
import { type ReactNode, useContext, useEffect, useMemo, useRef, useState } from "react";
import { createFlag, InitialStateContext, PersonalizationContext } from "./context.js";

export type PersonalizationProviderProps = { children?: ReactNode } & (
  | {
      /** An engine the host has made and will close itself. */
      attune: Attune;
      options?: undefined;
      initial?: undefined;
    }
  | {
      attune?: undefined;
      /** For an engine of the provider's own; read once, when it is made. Give the provider another `key` to make another. */
      options?: AttuneOptions;
      /** What the server decided with (`decideOnServer`), so that the first render equals its HTML. */
      initial?: InitialState | undefined;
    }
);

/**
 * Gives everything below it one engine. The engine starts (capture, sending) once the tree is committed in a browser, never while
 * rendering, so it is safe on servers and under `StrictMode`. An engine that the provider made is closed when the provider is gone for
 * good; one that was handed in is never closed.
 */
export function PersonalizationProvider(props: PersonalizationProviderProps) {
  return props.attune === undefined ? <OwnEngine {...props} /> : <Provide {...props} />;
}

interface OwnEngineProps {
  options?: AttuneOptions;
  initial?: InitialState | undefined;
  children?: ReactNode;
}

function OwnEngine({ options, initial, children }: OwnEngineProps) {
  const inherited = useContext(InitialStateContext);
  const [make] = useState(() => (before?: Attune): Attune => {
    const first = initial ?? options?.initial ?? inherited;
    // What the page was opened with is long ago: consent may have been withdrawn since.
    const state = first && before ? { ...first, ...leftBy(before) } : first;
    return createAttune(state === undefined ? options : { ...options, initial: state });
  });
  const [attune, setAttune] = useState(() => make());
  const inUse = useRef<Attune | null>(null);

  useEffect(() => {
    if (attune.snapshot().status === "closed") {
      // It was hidden for a while (`<Activity>`) and is shown again.
      setAttune((before) => make(before));
      return;
    }
    inUse.current = attune;
    return () => {
      inUse.current = null;
      // StrictMode and hot reload put a component back at once; only what is still gone after this task is closed.
      queueMicrotask(() => {
        if (inUse.current !== attune) void attune.close();
      });
    };
  }, [attune, make]);

  return <Provide attune={attune}>{children}</Provide>;
}

/** Where an engine left off, for the one that comes after it. */
const leftBy = (attune: Attune): Pick<InitialState, "decisions" | "segments" | "consent"> => ({
  decisions: {},
  segments: attune.snapshot().segments,
  consent: attune.consent.receipt(),
});

function Provide({ attune, children }: { attune: Attune; children?: ReactNode }) {
  const context = useMemo(
    () => ({
      attune,
      started: createFlag(),
      consentOpen: createFlag(),
      transition: createTransitions(),
      hints: new Set<string>(),
    }),
    [attune],
  );
  useEffect(() => {
    attune.start();
    context.started.set(true);
  }, [attune, context]);
  return <PersonalizationContext.Provider value={context}>{children}</PersonalizationContext.Provider>;
}
