/**
 * The procedure of Benjamini and Hochberg with p = 1/e of e-values, which holds the expected share of false findings under any dependence and at any look (Wang and Ramdas 2022, "False discovery rate control with e-values").
 *
 * @returns by comparison, the smallest error at which it would still be a finding
 */
export function falseDiscoveryAdjusted(ps: readonly number[]): number[] {
  const order = ps.map((_, i) => i).sort((a, b) => (ps[b] as number) - (ps[a] as number));
  const adjusted = new Array<number>(ps.length).fill(1);
  let least = 1;
  for (const [i, index] of order.entries()) {
    least = Math.min(least, ((ps[index] as number) * ps.length) / (ps.length - i));
    adjusted[index] = least;
  }
  return adjusted;
}

/** Each as if all had to be right at once. */
export const bonferroniAdjusted = (ps: readonly number[]): number[] =>
  ps.map((p) => Math.min(1, p * ps.length));
