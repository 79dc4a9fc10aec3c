/** A browser that is driven through its own driver: as much of it as a visitor's way through a page takes. */
export interface Driven {
  /** Name and version as the browser gives them. */
  title: string;
  /** Goes to an address and waits for its `load`. */
  open(url: string): Promise<void>;
  /** The value of an expression in the page, or of the promise that it gives; JSON. */
  evaluate<T>(expression: string): Promise<T>;
  /** Presses the mouse in the middle of an element, by input of the browser. */
  click(selector: string): Promise<void>;
  close(): Promise<void>;
}

/** An expression of an element's middle, in CSS pixels of the viewport. */
export const middleOf = (selector: string): string => `(() => {
  const element = document.querySelector(${JSON.stringify(selector)});
  if (!element) throw new Error(${JSON.stringify(`nothing at ${selector}`)});
  element.scrollIntoView({ block: "nearest" });
  const { x, y, width, height } = element.getBoundingClientRect();
  return { x: Math.round(x + width / 2), y: Math.round(y + height / 2) };
})()`;

/** What a mouse does in one click, as both drivers take it. */
export const pressAt = ({ x, y }: { x: number; y: number }) => [
  {
    type: "pointer",
    id: "mouse",
    parameters: { pointerType: "mouse" },
    actions: [
      { type: "pointerMove", x, y },
      { type: "pointerDown", button: 0 },
      { type: "pointerUp", button: 0 },
    ],
  },
];
