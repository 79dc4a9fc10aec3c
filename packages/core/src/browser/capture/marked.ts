import { isIgnored } from "./elements.js";
import type { Scope } from "./scope.js";

/**
 * Elements that bear an attribute, those that appear later too, except in `data-attune-ignore`.
 *
 * @param arrive Called once with each and the attribute's value, and again where that changes (lists use their elements again); what it
 * returns runs when the element or the value has gone, or capture ends.
 */
export function watchMarked(
  { onStop, guard }: Scope,
  attribute: string,
  arrive: (element: Element, name: string) => () => void,
): void {
  const watched = new Map<Element, { name: string | null; leave: () => void }>();

  const scan = guard((): void => {
    for (const [element, { name, leave }] of watched) {
      if (element.isConnected && element.getAttribute(attribute) === name) continue;
      watched.delete(element);
      leave();
    }
    for (const element of document.querySelectorAll(`[${attribute}]`)) {
      if (watched.has(element) || isIgnored(element)) continue;
      const name = element.getAttribute(attribute);
      watched.set(element, { name, leave: arrive(element, name ?? "") });
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
    for (const { leave } of watched.values()) leave();
  });
  scan();
}
