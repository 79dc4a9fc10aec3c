import { type ElementType, type ReactNode, createElement } from "react";
import type { SlotName } from "./slots.js";
import { useExposure } from "./use-exposure.js";

export interface SlotBoxProps {
  slot: SlotName;
  /**
   * The element around the content. By default a `<span>` with `display: contents`, which takes no part in the layout; name one (`"li"`,
   * `"section"`) where a span may not stand, as in lists and tables, or where a box is wanted.
   */
  as?: keyof HTMLElementTagNameMap | undefined;
  className?: string | undefined;
}

/** Marks what a slot shows in the page and counts it as seen. */
export function SlotBox({ slot, as, className, children }: SlotBoxProps & { children: ReactNode }) {
  return createElement<Record<string, unknown>>(
    (as ?? "span") as ElementType,
    {
      ref: useExposure(slot),
      "data-attune-slot": slot,
      className,
      style: as === undefined && className === undefined ? BOXLESS : undefined,
    },
    children,
  );
}

const BOXLESS = { display: "contents" } as const;
