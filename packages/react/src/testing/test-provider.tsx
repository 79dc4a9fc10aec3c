import { PersonalizationProvider } from "@attune/react";
import { type ReactNode, useState } from "react";
import { fixedAttune, type FixedAttuneOptions } from "./fixed-attune.js";

export interface TestPersonalizationProviderProps extends FixedAttuneOptions {
  children?: ReactNode;
}

/**
 * For a host's own tests and stories: everything below it is personalised as the props say, at once and without I/O. The props are read
 * once; give it another `key` for others.
 *
 * ```tsx
 * render(<TestPersonalizationProvider decisions={{ hero: "bold" }} ruleset={ruleset}><Hero /></TestPersonalizationProvider>);
 * ```
 */
export function TestPersonalizationProvider({ children, ...options }: TestPersonalizationProviderProps) {
  const [attune] = useState(() => fixedAttune(options));
  return <PersonalizationProvider attune={attune}>{children}</PersonalizationProvider>;
}
