/** Writes the log-odds (or logits) of rows, n × inputs, into `out`, n × outputs, both row-major. Shapes are the caller's care. */
export type RawScorer = (rows: Float64Array, out: Float64Array) => void;
