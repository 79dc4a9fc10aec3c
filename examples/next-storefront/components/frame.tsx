import type { InitialState } from "@attune/core";
import { Footer, Header } from "./chrome";
import { Insight } from "./insight";
import { Nudge } from "./nudge";
import { Providers } from "./providers";

/** What stands around every page. */
export function Frame({
  initial,
  writeKey,
  children,
}: {
  initial: InitialState;
  writeKey?: string;
  children: React.ReactNode;
}) {
  return (
    <Providers initial={initial} writeKey={writeKey}>
      <div className="frame">
        <Header />
        <Nudge />
        <main id="main">{children}</main>
        <Footer />
      </div>
      <Insight />
    </Providers>
  );
}
