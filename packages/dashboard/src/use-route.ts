import { useSyncExternalStore } from "react";

/** What stands behind the `#`: the browser keeps its history, so going back works and every page has an address. */
export type Route = { page: "live" } | { page: "experiments" } | { page: "experiment"; id: string };

export const EXPERIMENTS = "#/experiments";
export const experimentLink = (id: string): string => `${EXPERIMENTS}/${encodeURIComponent(id)}`;

/** Pure. What cannot be read leads to the live page. */
export function routeOf(hash: string): Route {
  if (hash === EXPERIMENTS || hash === `${EXPERIMENTS}/`) return { page: "experiments" };
  if (!hash.startsWith(`${EXPERIMENTS}/`)) return { page: "live" };
  try {
    return { page: "experiment", id: decodeURIComponent(hash.slice(EXPERIMENTS.length + 1)) };
  } catch {
    return { page: "experiments" };
  }
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
