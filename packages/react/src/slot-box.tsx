import type { Decision } from "@attune/core";
import type { Updates } from "@attune/core/browser";
import { type ElementType, type ReactNode, createElement, useCallback } from "react";
import type { SlotName } from "./slots.js";
import { useExposureOf } from "./use-exposure.js";

export interface SlotBoxProps {
  slot: SlotName;
  /**
   * The element around the content. By default a `<span>` with `display: contents`, which takes no part in the layout; name one (`"li"`,
   * `"section"`) where a span may not stand, as in lists and tables, or where a box is wanted.
   */
  as?: keyof HTMLElementTagNameMap | undefined;
  className?: string | undefined;
  /**
   * When another decision replaces what is shown. `safe` (the default) waits while it is being read; `at-once` never waits. Consent that is
   * taken back never does.
   */
  updates?: Updates;
  /** Shown while it is not known yet what to show: no ruleset, or what is on the device has not been read. Default: the fallback. */
  pending?: ReactNode;
}

export interface ShownProps extends Pick<SlotBoxProps, "as" | "className"> {
  decision: Decision<unknown>;
  /** The content is the variant's own, so that seeing it counts. */
  counts: boolean;
  attach(element: Element | null): void;
  children: ReactNode;
}

/** Marks what a slot shows in the page and counts it as seen. */
export function SlotBox({ decision, counts, attach, as, className, children }: ShownProps) {
  const expose = useExposureOf(counts ? decision : { ...decision, isFallback: true });
  const ref = useCallback(
    (element: Element | null) => {
      attach(element);
      expose(element);
    },
    [attach, expose],
  );
  return createElement<Record<string, unknown>>(
    (as ?? "span") as ElementType,
    {
      ref,
      "data-attune-slot": decision.slot,
      className,
      style: as === undefined && className === undefined ? BOXLESS : undefined,
    },
    children,
  );
}

const BOXLESS = { display: "contents" } as const;
