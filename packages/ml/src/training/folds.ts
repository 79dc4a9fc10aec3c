import { AttuneError, type RandomSource } from "@attune/core";

/** What folds are made of. */
export interface FoldOptions {
  /** At least 2 (default 5). */
  readonly folds?: number;
  /** One a row, any value: rows of a group are never apart (a visitor's sessions). Folds then are even in rows and labels as far as groups let them. */
  readonly groups?: readonly (string | number)[];
}

/** Fisher–Yates (Durstenfeld 1964), in place. */
export function shuffle(values: Int32Array, random: RandomSource): Int32Array {
  for (let i = values.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    const value = values[i] as number;
    values[i] = values[j] as number;
    values[j] = value;
  }
  return values;
}

export const indicesOf = (length: number): Int32Array => Int32Array.from({ length }, (_, i) => i);

/** Rows of each label, shuffled and dealt out in turn, so that folds differ by one row of a label at most. */
function stratified(labels: Uint8Array, folds: number, random: RandomSource): Uint8Array {
  const order = shuffle(indicesOf(labels.length), random);
  // Each label is dealt on from where the one before ended, or small classes would all begin in the first fold.
  let next = 0;
  const fold = new Uint8Array(labels.length);
  for (const label of [...new Set(labels)].sort((a, b) => a - b)) {
    for (const row of order) if (labels[row] === label) fold[row] = next++ % folds;
  }
  return fold;
}

/** Largest groups first, each to the fold that it leaves most even in labels (a greedy form of what is NP-hard to do best). O(groups × folds × labels). */
function byGroup(
  labels: Uint8Array,
  groups: readonly (string | number)[],
  by: { folds: number; random: RandomSource },
): Uint8Array {
  const classes = labels.reduce((a, b) => Math.max(a, b), 0) + 1;
  const members = new Map<string | number, number[]>();
  for (const row of shuffle(indicesOf(labels.length), by.random)) {
    const key = groups[row] as string | number;
    const rows = members.get(key);
    if (rows === undefined) members.set(key, [row]);
    else rows.push(row);
  }
  if (members.size < by.folds) {
    throw new AttuneError(
      "ATTUNE_ML_TOO_FEW_ROWS",
      `There are ${members.size} groups for ${by.folds} folds: ask for fewer folds.`,
      { path: "/options/folds" },
    );
  }
  const totals = new Float64Array(classes);
  for (const label of labels) (totals[label] as number)++;
  const counts = Array.from({ length: by.folds }, () => new Float64Array(classes));
  const fold = new Uint8Array(labels.length);
  for (const rows of [...members.values()].sort((a, b) => b.length - a.length)) {
    const own = new Float64Array(classes);
    for (const row of rows) (own[labels[row] as number] as number)++;
    // Σ (c + o)² − c² per label, each as a share of the label's rows: least where the labels of the group are rarest so far.
    const costs = counts.map((count) =>
      own.reduce(
        (cost, o, label) => cost + (o * (2 * (count[label] as number) + o)) / (totals[label] as number) ** 2,
        0,
      ),
    );
    const least = costs.indexOf(Math.min(...costs));
    for (const row of rows) fold[row] = least;
    own.forEach((o, label) => {
      ((counts[least] as Float64Array)[label] as number) += o;
    });
  }
  return fold;
}

/**
 * The fold of each row, 0 … folds − 1: labels spread evenly, groups kept together where there are any.
 *
 * @throws AttuneError `ATTUNE_ML_BAD_FOLDS` if folds are no integer in 2 … 255 or groups do not fit the rows; `ATTUNE_ML_TOO_FEW_ROWS` if a
 * label has fewer rows than there are folds (each has to learn of it and be asked about it), or there are fewer groups.
 */
export function foldsOf(labels: Uint8Array, options: FoldOptions, random: RandomSource): Uint8Array {
  const { folds = 5, groups } = options;
  if (!(Number.isInteger(folds) && folds >= 2 && folds <= 255)) {
    throw new AttuneError("ATTUNE_ML_BAD_FOLDS", "The number of folds is an integer from 2 to 255.", {
      path: "/options/folds",
    });
  }
  if (groups !== undefined && groups.length !== labels.length) {
    throw new AttuneError("ATTUNE_ML_BAD_FOLDS", "There is one group for each row.", {
      path: "/options/groups",
    });
  }
  const counts = new Map<number, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  for (const [label, count] of counts) {
    if (count >= folds) continue;
    throw new AttuneError(
      "ATTUNE_ML_TOO_FEW_ROWS",
      `The label ${label} has ${count} rows, too few for ${folds} folds: give more rows or ask for fewer folds.`,
      { path: "/labels" },
    );
  }
  return groups === undefined
    ? stratified(labels, folds, random)
    : byGroup(labels, groups, { folds, random });
}
