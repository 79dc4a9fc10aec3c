import { type Attune, AttuneError, type InitialState } from "@attune/core";
import type { Change } from "@attune/core/browser";
import { createContext, useContext, useSyncExternalStore } from "react";

/** A boolean that components can subscribe to. */
export interface Flag {
  get(): boolean;
  set(value: boolean): void;
  subscribe(listener: () => void): () => void;
}

/** Whether a flag is up; never on a server or in the first render over its HTML. */
export const useFlag = ({ subscribe, get }: Flag): boolean =>
  useSyncExternalStore(subscribe, get, () => false);

export function createFlag(): Flag {
  const listeners = new Set<() => void>();
  let current = false;
  return {
    get: () => current,
    set(value) {
      if (value === current) return;
      current = value;
      for (const listener of [...listeners]) listener();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

export interface Personalization {
  attune: Attune;
  /** The engine was started, so it has read what is on the device. */
  started: Flag;
  /** The visitor has opened the consent settings. */
  consentOpen: Flag;
  /** Makes changes that are in sight, softly where that can be. */
  transition(change: Change): void;
  /** What has been warned of, in development. */
  hints: Set<string>;
}

/** Null outside of a provider. */
export const PersonalizationContext = createContext<Personalization | null>(null);

/** What a server decided for this page, for the provider further down. */
export const InitialStateContext = createContext<InitialState | undefined>(undefined);

export function usePersonalization(): Personalization {
  const context = useContext(PersonalizationContext);
  if (context === null) {
    throw new AttuneError(
      "ATTUNE_REACT_NO_PROVIDER",
      "This hook or component needs a <PersonalizationProvider> above it.",
    );
  }
  return context;
}
