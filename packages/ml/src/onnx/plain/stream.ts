/** What flows between two nodes of a graph, as far as is known: rows of so many columns, of float32 or of float64. */
export interface Stream {
  readonly columns: number;
  readonly element: "float" | "double";
  /** Whether each number is one that a float32 holds, though it may be written as float64. */
  readonly single: boolean;
}
