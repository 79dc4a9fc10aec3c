import { isIgnored } from "./elements.js";
import type { Scope } from "./scope.js";

/**
 * Elements that bear an attribute, those that appear later too, except in `data-attune-ignore`.
 *
 * @param arrive Called once with each, and the attribute's value; what it returns runs when the element has gone, or capture ends.
 */
export function watchMarked(
  { onStop, guard }: Scope,
  attribute: string,
  arrive: (element: Element, name: string) => () => void,
): void {
  const watched = new Map<Element, () => void>();

  const scan = guard((): void => {
    for (const [element, leave] of watched) {
      if (element.isConnected) continue;
      watched.delete(element);
      leave();
    }
    for (const element of document.querySelectorAll(`[${attribute}]`)) {
      if (!watched.has(element) && !isIgnored(element))
        watched.set(element, arrive(element, element.getAttribute(attribute) ?? ""));
    }
  });

  let frame = 0;
  const changes = new MutationObserver(() => {
    frame ||= requestAnimationFrame(() => {
      frame = 0;
      scan();
    });
  });
  changes.observe(document, { subtree: true, childList: true, attributeFilter: [attribute] });
  onStop(() => {
    changes.disconnect();
    cancelAnimationFrame(frame);
    for (const leave of watched.values()) leave();
  });
  scan();
}
