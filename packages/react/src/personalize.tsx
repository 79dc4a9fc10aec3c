import type { Decision, JsonValue } from "@attune/core";
import type { ReactNode } from "react";
import type { KnownSegments } from "./segments.js";
import { SlotBox, type SlotBoxProps } from "./slot-box.js";
import type { SlotName, SlotValue, VariantName } from "./slots.js";
import { useSegment } from "./use-segment.js";
import { useSteadyDecision } from "./use-steady-decision.js";

type Fallback = {
  /**
   * Shown to everybody who is not personalised: no consent, not targeted, nothing loaded. Without it the ruleset's fallback shows, which
   * is what `useVariant` always gives there.
   */
  fallback?: ReactNode;
};

export type PersonalizeSlotProps<N extends SlotName = SlotName, V = JsonValue> = Omit<SlotBoxProps, "slot"> &
  Fallback & { slot: N; segment?: undefined } & (
    | {
        /** Renders the value that was decided; where no slots are registered its type is what the function says it takes. */
        children: (value: SlotValue<N, V>, decision: Decision<SlotValue<N, V>>) => ReactNode;
        variants?: undefined;
      }
    | {
        /** An element per variant; elements can come from Server Components, functions cannot. */
        variants: Readonly<Partial<Record<VariantName<N>, ReactNode>>>;
        children?: undefined;
      }
  );

export type PersonalizeSegmentProps = Fallback & {
  /** A name, a list (any of them), or `{ any, all, not }`. */
  segment: KnownSegments;
  children: ReactNode;
  slot?: undefined;
};

export type PersonalizeProps<N extends SlotName = SlotName, V = JsonValue> =
  | PersonalizeSlotProps<N, V>
  | PersonalizeSegmentProps;

/**
 * Shows what was decided for the visitor: by `slot`, with a function of the value or an element per variant, or by `segment`.
 * A slot's decision counts as seen once its content is committed and visible. Segments count nothing.
 */
export function Personalize<N extends SlotName, V = JsonValue>(props: PersonalizeProps<N, V>): ReactNode {
  return props.segment === undefined ? <BySlot<N, V> {...props} /> : <BySegment {...props} />;
}

function BySegment({ segment, children, fallback = null }: PersonalizeSegmentProps): ReactNode {
  return useSegment(segment) ? children : fallback;
}

function BySlot<N extends SlotName, V>(props: PersonalizeSlotProps<N, V>): ReactNode {
  const { slot, fallback, pending: placeholder, updates, as, className } = props;
  const { decision, pending, attach } = useSteadyDecision<V, N>(slot, {
    updates,
    hasPending: placeholder !== undefined,
  });
  const own =
    pending || (decision.isFallback && fallback !== undefined) ? undefined : contentOf(props, decision);
  const content = own ?? (own === undefined ? (pending ? placeholder : fallback) : null);
  if (content === undefined) return null;
  return (
    // Without the variant's own content there is nothing that could be seen of it.
    <SlotBox {...{ decision, attach, as, className }} counts={own !== undefined}>
      {content}
    </SlotBox>
  );
}

function contentOf<N extends SlotName, V>(
  { variants, children }: PersonalizeSlotProps<N, V>,
  decision: Decision<SlotValue<N, V>>,
): ReactNode {
  const { variant, value } = decision;
  if (variant === null) return undefined;
  // A decided null is a value of the slot like any other.
  if (variants === undefined) return children(value as SlotValue<N, V>, decision);
  return Object.hasOwn(variants, variant) ? variants[variant] : undefined;
}
