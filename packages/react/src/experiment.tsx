import { Children, createContext, isValidElement, type ReactNode, useContext } from "react";
import { SlotBox, type SlotBoxProps } from "./slot-box.js";
import type { SlotName, VariantName } from "./slots.js";
import { useDecision } from "./use-decision.js";

const VariantContext = createContext<string | null>(null);

export interface ExperimentProps<N extends SlotName> extends Omit<SlotBoxProps, "slot"> {
  slot: N;
  /** Name of the variant to show where the ruleset has nothing to say (default: that of the first `<Variant>`). */
  fallback?: VariantName<N>;
  children: ReactNode;
}

/** Shows the one `<Variant>` inside it that was decided for this visitor, and counts it as seen once it is committed and visible. */
export function Experiment<N extends SlotName>({
  fallback,
  children,
  ...box
}: ExperimentProps<N>): ReactNode {
  const { variant } = useDecision(box.slot);
  return (
    <VariantContext.Provider value={variant ?? fallback ?? firstName(children)}>
      <SlotBox {...box}>{children}</SlotBox>
    </VariantContext.Provider>
  );
}

export interface VariantProps {
  /** As in the ruleset. */
  name: VariantName;
  children?: ReactNode;
}

/** What one variant of the `<Experiment>` around it looks like. */
export function Variant({ name, children }: VariantProps): ReactNode {
  return useContext(VariantContext) === name ? children : null;
}

function firstName(children: ReactNode): string | null {
  for (const child of Children.toArray(children)) {
    if (isValidElement<{ name?: unknown }>(child) && typeof child.props.name === "string")
      return child.props.name;
  }
  return null;
}
