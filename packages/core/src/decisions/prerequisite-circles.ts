import { isObject } from "../kernel/json.js";
import { pointer } from "../kernel/result.js";
import type { Report } from "./report.js";

/** One slot asks for another. */
interface Edge {
  to: string;
  path: string;
}

const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

/** All that a slot, and the rules of its policy, ask of other slots. */
function edgesOf(name: string, slot: unknown): Edge[] {
  const edges = (gated: unknown, at: string): Edge[] =>
    isObject(gated)
      ? listOf(gated["prerequisites"]).flatMap((asked, index) =>
          isObject(asked) && typeof asked["slot"] === "string"
            ? [{ to: asked["slot"], path: `${at}/prerequisites/${index}/slot` }]
            : [],
        )
      : [];
  const at = pointer("/slots", name);
  const policy = isObject(slot) ? slot["policy"] : undefined;
  const rules = isObject(policy) ? listOf(policy["rules"]) : [];
  return [...edges(slot, at), ...rules.flatMap((rule, index) => edges(rule, `${at}/policy/rules/${index}`))];
}

/** The edges by which slots lead back to themselves, and each circle's slots in order. One walk over all of them, without recursion. */
export function prerequisiteCircles(
  slots: Readonly<Record<string, unknown>>,
): { path: string; circle: readonly string[] }[] {
  const edges = new Map(Object.entries(slots).map(([name, slot]) => [name, edgesOf(name, slot)]));
  const done = new Set<string>();
  const found: { path: string; circle: readonly string[] }[] = [];
  for (const start of edges.keys()) {
    const trail: { name: string; next: number }[] = done.has(start) ? [] : [{ name: start, next: 0 }];
    const open = new Map(trail.map(({ name }, index) => [name, index]));
    for (let top = trail.at(-1); top; top = trail.at(-1)) {
      const edge: Edge | undefined = edges.get(top.name)?.[top.next++];
      if (!edge) {
        done.add(top.name);
        open.delete(top.name);
        trail.pop();
        continue;
      }
      const back = open.get(edge.to);
      if (back !== undefined) {
        const circle = trail.slice(back).map(({ name }) => name);
        found.push({ path: edge.path, circle: [...circle, edge.to] });
      } else if (edges.has(edge.to) && !done.has(edge.to)) {
        open.set(edge.to, trail.length);
        trail.push({ name: edge.to, next: 0 });
      }
    }
  }
  return found;
}

/** Slots that ask for each other in a circle could never be decided. */
export function checkCircles(report: Report, slots: Readonly<Record<string, unknown>>): void {
  for (const { path, circle } of prerequisiteCircles(slots)) {
    report.add(
      path,
      "PREREQUISITE_CIRCLE",
      `This closes a circle: ${circle.join(" → ")}. Take one of these prerequisites away.`,
    );
  }
}
