import { AttuneError } from "@attune/core";

const refuse = (path: string, text: string): never => {
  throw new AttuneError("ATTUNE_ML_BAD_OPTION", text, { path });
};

/** An integer of at least `least`. @throws AttuneError `ATTUNE_ML_BAD_OPTION`. */
export function wholeNumber(value: number, path: string, least = 1): number {
  return Number.isInteger(value) && value >= least
    ? value
    : refuse(path, `This must be an integer of ${least} or more.`);
}

/** A finite number of at least `least`, or above it. @throws AttuneError `ATTUNE_ML_BAD_OPTION`. */
export function finiteNumber(value: number, path: string, { least = 0, isAbove = false } = {}): number {
  return Number.isFinite(value) && (isAbove ? value > least : value >= least)
    ? value
    : refuse(path, `This must be a finite number ${isAbove ? "above" : "of at least"} ${least}.`);
}

/** How many clusters are wanted of so many rows. @throws AttuneError `ATTUNE_ML_BAD_OPTION`, `ATTUNE_ML_TOO_MANY_CLUSTERS`. */
export function clusterCount(k: number, rows: number, path = "/options/k"): number {
  wholeNumber(k, path);
  if (k > rows) {
    throw new AttuneError(
      "ATTUNE_ML_TOO_MANY_CLUSTERS",
      `${k} clusters cannot be made of ${rows} points: ask for at most as many as there are points.`,
      { path },
    );
  }
  return k;
}
