import type { Metric } from "web-vitals";
import type { Scope } from "./scope.js";

/**
 * LCP, INP, CLS, FCP and TTFB as Chrome's own library defines and measures them, each when it is final: the first paint and the answer's time
 * soon, the others when the page is hidden for the first time. They are of the document, so they are told of the address that it was loaded under; and not
 * at all of a document in which the visitor decided on consent, since they measure what was before.
 */
export function captureVitals({ sink, onStop, guard, report }: Scope): void {
  if (sink.decidedAt !== null && sink.decidedAt > performance.timeOrigin) return;
  let isStopped = false;
  onStop(() => {
    isStopped = true;
  });
  const [load] = performance.getEntriesByType("navigation");
  const context = load ? { page: { url: load.name } } : {};
  const told = new Set<string>();
  const tell = guard(({ id, name, value, rating, navigationType }: Metric): void => {
    // The library has no way of ending what it has begun, and calls once more where a page that was hidden before has changed since: a document counts once.
    if (isStopped || told.has(id)) return;
    told.add(id);
    const rounded = name === "CLS" ? Math.round(value * 10_000) / 10_000 : Math.round(value);
    sink.track(
      "Page Vitals Reported",
      { metric: name, value: rounded, rating, navigation: navigationType },
      context,
    );
  });
  import("web-vitals")
    .then(({ onCLS, onFCP, onINP, onLCP, onTTFB }) => {
      if (!isStopped) for (const measure of [onCLS, onFCP, onINP, onLCP, onTTFB]) measure(tell);
    })
    .catch(report);
}
