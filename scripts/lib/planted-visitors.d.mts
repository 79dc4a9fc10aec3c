export const PLANTED_FEATURES: readonly string[];
export function plantedVisitors(
  count: number,
  random: () => number,
): { points: number[][]; labels: number[] };
