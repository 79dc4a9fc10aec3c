/** The outermost boxes that show an element; the boxless elements (`display: contents`) passed on the way are added to `through`. */
export function boxesOf(element: Element, through: Element[] = []): Element[] {
  if (!isBoxless(element)) return [element];
  through.push(element);
  const boxes = [...element.children].flatMap((child) => boxesOf(child, through));
  if (boxes.length > 0 || !element.textContent?.trim()) return boxes;
  let around = element.parentElement;
  while (around !== null && isBoxless(around)) around = around.parentElement;
  return around === null ? [] : [around];
}

const isBoxless = (element: Element): boolean => getComputedStyle(element).display === "contents";
