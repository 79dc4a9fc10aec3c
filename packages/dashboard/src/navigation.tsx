import { EXPERIMENTS, MODELS, type Route } from "./use-route.js";
import { WORDS } from "./experiments/words.js";

/** From page to page. */
export function Navigation({ route }: { route: Route }) {
  return (
    <nav aria-label="Pages">
      <a href="#/" aria-current={route.page === "live" ? "page" : undefined}>
        {WORDS.live}
      </a>
      <a href={EXPERIMENTS} aria-current={route.page.startsWith("experiment") ? "page" : undefined}>
        {WORDS.experiments}
      </a>
      <a href={MODELS} aria-current={route.page.startsWith("model") ? "page" : undefined}>
        Models
      </a>
    </nav>
  );
}
