/** Weighted mean of −ln P(label) over some rows, from log-odds: no probability is rounded to 0 or 1 on the way. */
export function logLossOfLogOdds(
  logOdds: Float64Array,
  labels: Uint8Array,
  { rows, weights }: { rows: Int32Array; weights: Float64Array },
): number {
  let [loss, total] = [0, 0];
  for (const row of rows) {
    const z = labels[row] === 1 ? -(logOdds[row] as number) : (logOdds[row] as number);
    const weight = weights[row] as number;
    // ln(1 + exp(z)), without overflow.
    loss += weight * (Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z))));
    total += weight;
  }
  return loss / total;
}
