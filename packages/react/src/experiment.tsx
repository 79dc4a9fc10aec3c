import {
  Children,
  createContext,
  Fragment,
  isValidElement,
  type ReactNode,
  useContext,
  useMemo,
} from "react";
import { SlotBox, type SlotBoxProps } from "./slot-box.js";
import type { SlotName, VariantName } from "./slots.js";
import { useHint } from "./use-hint.js";
import { useSteadyDecision } from "./use-steady-decision.js";

/** The experiment around, and the variant that it shows. */
const VariantContext = createContext<{ slot: SlotName; shown: string | null } | null>(null);

export interface ExperimentProps<N extends SlotName> extends Omit<SlotBoxProps, "slot"> {
  slot: N;
  /** Name of the variant to show where the ruleset has nothing to say (default: that of the first `<Variant>`). */
  fallback?: VariantName<N>;
  children: ReactNode;
}

/**
 * Shows the one `<Variant>` inside it that was decided for this visitor, and counts it as seen once it is committed and visible. Where it has
 * none of that name, which a newer ruleset may have brought, it shows the fallback and counts nothing.
 */
export function Experiment<N extends SlotName>(props: ExperimentProps<N>): ReactNode {
  const { slot, fallback, pending: placeholder, updates, as, className, children } = props;
  const { decision, pending, attach } = useSteadyDecision(slot, {
    updates,
    hasPending: placeholder !== undefined,
  });
  const { variant } = decision;
  const isMissing = variant !== null && lacks(children, variant);
  const named = isMissing ? null : variant;
  const shown = pending ? null : (named ?? fallback ?? firstName(children));
  const context = useMemo(() => ({ slot, shown }), [slot, shown]);
  return (
    <VariantContext.Provider value={context}>
      <SlotBox {...{ decision, attach, as, className }} counts={!pending && !isMissing}>
        {pending ? placeholder : children}
      </SlotBox>
    </VariantContext.Provider>
  );
}

export interface VariantProps<N extends SlotName = SlotName> {
  /** As in the ruleset. */
  name: VariantName<N>;
  children?: ReactNode;
}

/**
 * What one variant of the `<Experiment>` around it looks like. Where slots are registered, `<Variant<"cta"> name="…">` takes the names of
 * that slot alone; without it, those of any slot.
 */
export function Variant<N extends SlotName = SlotName>({ name, children }: VariantProps<N>): ReactNode {
  const experiment = useContext(VariantContext);
  useHint("variant", JSON.stringify([experiment?.slot, name]));
  return experiment?.shown === name ? children : null;
}

/** Whether it can be told that no variant of this name is there: a component of the host's, or an element, may hold it. */
const lacks = (children: ReactNode, name: string): boolean =>
  Children.toArray(children).every(
    (child) =>
      !isValidElement<{ name?: unknown; children?: ReactNode }>(child) ||
      (child.type === Fragment && lacks(child.props.children, name)) ||
      (child.type === Variant && child.props.name !== name),
  );

function firstName(children: ReactNode): string | null {
  for (const child of Children.toArray(children)) {
    if (isValidElement<{ name?: unknown }>(child) && typeof child.props.name === "string")
      return child.props.name;
  }
  return null;
}
