export interface LabelledSet {
  readonly name: string;
  readonly points: number[][];
  readonly labels: number[];
  readonly classes: number;
}

export function readArff(text: string): Omit<LabelledSet, "name">;
export function labelledSets(folder: string): LabelledSet[];
