import type { Clock } from "@attune/core";
import type { AtomicStore, Store } from "@attune/core/ports";

export interface Tiers {
  hot: AtomicStore;
  durable: Store;
}

/** Stores that stay open when who uses them closes them, as servers do when a process ends. */
export function surviving(make: (context: { clock: Clock }) => Tiers): {
  fresh(context: { clock: Clock }): Tiers;
  same(): Tiers;
} {
  let tiers: Tiers | null = null;
  return {
    fresh(context) {
      const { hot, durable } = make(context);
      const close = async (): Promise<void> => undefined;
      tiers = { hot: { ...hot, close }, durable: { ...durable, close } };
      return tiers;
    },
    same() {
      if (tiers === null) throw new Error("Nothing was made yet.");
      return tiers;
    },
  };
}
