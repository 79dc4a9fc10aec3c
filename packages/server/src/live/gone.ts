/** Visitors that were erased lately. Frames about them may still be on their way. */
export interface Gone {
  /** False if the visitor was among them already. */
  add(site: string, visitor: string): boolean;
  has(site: string, visitor: string): boolean;
}

/** Far more than are erased in the seconds that a frame can be late. */
const MAX_VISITORS = 10_000;

/** Remembers the latest 10,000. */
export function createGone(): Gone {
  const visitors = new Set<string>();
  return {
    add(site, visitor) {
      const key = `${site} ${visitor}`;
      if (visitors.has(key)) return false;
      visitors.add(key);
      if (visitors.size > MAX_VISITORS) visitors.delete(visitors.values().next().value as string);
      return true;
    },
    has: (site, visitor) => visitors.has(`${site} ${visitor}`),
  };
}
