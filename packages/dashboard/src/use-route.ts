import { useSyncExternalStore } from "react";

/** What stands behind the `#`: the browser keeps its history, so going back works and every page has an address. */
export type Route =
  | { page: "live" }
  | { page: "experiments" }
  | { page: "experiment"; id: string }
  | { page: "models" }
  | { page: "model"; id: string };

export const EXPERIMENTS = "#/experiments";
export const MODELS = "#/models";
export const experimentLink = (id: string): string => `${EXPERIMENTS}/${encodeURIComponent(id)}`;
export const modelLink = (id: string): string => `${MODELS}/${encodeURIComponent(id)}`;

const LISTS = [
  { at: EXPERIMENTS, list: "experiments", one: "experiment" },
  { at: MODELS, list: "models", one: "model" },
] as const;

/** Pure. What cannot be read leads to the live page. */
export function routeOf(hash: string): Route {
  for (const { at, list, one } of LISTS) {
    if (hash === at || hash === `${at}/`) return { page: list };
    if (!hash.startsWith(`${at}/`)) continue;
    try {
      return { page: one, id: decodeURIComponent(hash.slice(at.length + 1)) };
    } catch {
      return { page: list };
    }
  }
  return { page: "live" };
}

const subscribe = (changed: () => void): (() => void) => {
  addEventListener("hashchange", changed);
  return () => removeEventListener("hashchange", changed);
};

export const useRoute = (): Route =>
  routeOf(
    useSyncExternalStore(
      subscribe,
      () => location.hash,
      () => "",
    ),
  );
