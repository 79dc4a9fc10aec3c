/** Sums of neighbouring values: the same number of values in each of one row, twice as many in the next. */
interface Row {
  readonly totals: number[];
  /** Sums of squared deviations from the bucket's own mean. */
  readonly spreads: number[];
}

/** What joining two groups adds to the sum of squared deviations (Chan, Golub and LeVeque 1979). */
const between = (n: number, mean: number, { n: m, mean: other }: { n: number; mean: number }): number =>
  (n * m * (mean - other) ** 2) / (n + m);

/** One cut of the window in two. */
export interface Cut {
  readonly olderCount: number;
  readonly newerCount: number;
  readonly difference: number;
}

/**
 * A window of numbers as an exponential histogram (Datar et al. 2002): sums of 1, 2, 4, 8 … values, at most `most` + 1 of each size, so that a window of n values needs
 * O(most · log n) numbers. Oldest buckets can be dropped.
 */
export class ExponentialHistogram {
  width = 0;
  total = 0;
  spread = 0;

  /** @param rows Row i holds sums of 2^i values, oldest first. */
  constructor(
    private readonly most: number,
    readonly rows: Row[] = [{ totals: [], spreads: [] }],
  ) {
    rows.forEach(({ totals, spreads }, i) =>
      totals.forEach((total, k) => this.join(2 ** i, total, spreads[k] as number)),
    );
  }

  get mean(): number {
    return this.width === 0 ? 0 : this.total / this.width;
  }

  private join(n: number, total: number, spread: number): void {
    const added = this.width > 0 ? between(n, total / n, { n: this.width, mean: this.mean }) : 0;
    this.spread += spread + added;
    this.width += n;
    this.total += total;
  }

  add(value: number): void {
    this.join(1, value, 0);
    const [newest] = this.rows as [Row];
    newest.totals.push(value);
    newest.spreads.push(0);
    this.compress();
  }

  /** Where a row has become too long, its two oldest sums become one of the next row. */
  private compress(): void {
    for (let i = 0; i < this.rows.length; i++) {
      const { totals, spreads } = this.rows[i] as Row;
      if (totals.length <= this.most) return;
      const next = this.rows[i + 1] ?? { totals: [], spreads: [] };
      if (i + 1 === this.rows.length) this.rows.push(next);
      const n = 2 ** i;
      const [a, b] = totals.splice(0, 2) as [number, number];
      const [c, d] = spreads.splice(0, 2) as [number, number];
      next.totals.push(a + b);
      next.spreads.push(c + d + between(n, a / n, { n, mean: b / n }));
    }
  }

  /** Drops the oldest bucket. */
  dropOldest(): void {
    const i = this.rows.length - 1;
    const { totals, spreads } = this.rows[i] as Row;
    const n = 2 ** i;
    const total = totals.shift() as number;
    const spread = spreads.shift() as number;
    this.width -= n;
    this.total -= total;
    this.spread -= spread + (this.width > 0 ? between(n, total / n, { n: this.width, mean: this.mean }) : 0);
    while (this.rows.length > 1 && this.rows.at(-1)?.totals.length === 0) this.rows.pop();
  }

  /**
   * Cuts of the window, oldest first. The newest bucket of each size stays on the newer side of every cut, as in the implementations of ADWIN that are in wide use (MOA,
   * River), so that alarms fall on the same values as theirs.
   */
  *cuts(): Generator<Cut> {
    let olderCount = 0;
    let older = 0;
    for (let i = this.rows.length - 1; i >= 0; i--) {
      for (const total of (this.rows[i] as Row).totals.slice(0, -1)) {
        olderCount += 2 ** i;
        older += total;
        const newerCount = this.width - olderCount;
        if (newerCount <= 0) return;
        yield { olderCount, newerCount, difference: older / olderCount - (this.total - older) / newerCount };
      }
    }
  }
}
