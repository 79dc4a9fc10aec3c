/** From this many different actions on a context finds one by a map. */
const INDEXED_FROM = 12;

/**
 * What came after one context, and how often. Actions are kept about in the order of their counts, so that the first few are the most frequent ones.
 */
export class Followers {
  /** Sum of the counts. */
  total = 0;
  readonly actions: number[] = [];
  readonly counts: number[] = [];
  private places: Map<number, number> | null = null;

  /** @param kind Place of the context's kind in the model's list. */
  constructor(readonly kind: number) {}

  private placeOf(action: number): number {
    return this.places === null ? this.actions.indexOf(action) : (this.places.get(action) ?? -1);
  }

  countOf(action: number): number {
    const place = this.placeOf(action);
    return place < 0 ? 0 : (this.counts[place] as number);
  }

  /** @returns Whether the action is new here. */
  add(action: number, weight: number): boolean {
    this.total += weight;
    let place = this.placeOf(action);
    const isNew = place < 0;
    if (isNew) {
      place = this.actions.push(action) - 1;
      this.counts.push(0);
      this.places?.set(action, place);
      if (this.places === null && this.actions.length >= INDEXED_FROM) {
        this.places = new Map(this.actions.map((one, i) => [one, i]));
      }
    }
    const count = (this.counts[place] as number) + weight;
    while (place > 0 && (this.counts[place - 1] as number) < count) {
      this.put(place, this.actions[place - 1] as number, this.counts[place - 1] as number);
      place--;
    }
    this.put(place, action, count);
    return isNew;
  }

  private put(place: number, action: number, count: number): void {
    this.actions[place] = action;
    this.counts[place] = count;
    this.places?.set(action, place);
  }

  /** Drops what was seen no more than `least`. @returns How many actions were dropped. */
  prune(least: number): number {
    let kept = 0;
    this.total = 0;
    const before = this.actions.length;
    for (let i = 0; i < before; i++) {
      const count = this.counts[i] as number;
      if (count <= least) continue;
      this.actions[kept] = this.actions[i] as number;
      this.counts[kept++] = count;
      this.total += count;
    }
    this.actions.length = kept;
    this.counts.length = kept;
    this.places = kept >= INDEXED_FROM ? new Map(this.actions.map((one, i) => [one, i])) : null;
    return before - kept;
  }

  /** Multiplies all counts. */
  scale(factor: number): void {
    this.total *= factor;
    for (let i = 0; i < this.counts.length; i++) this.counts[i] = (this.counts[i] as number) * factor;
  }
}
