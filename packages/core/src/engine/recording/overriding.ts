import type { TabOverrides } from "../../ports/environment.js";
import type { RecordingContext } from "./types.js";

/** Variants that the page's address asks for, where the host lets it: forced as a tool would force them, so that nothing of them is counted. */
export interface Overriding {
  /** For this page. Resolves when they hold. */
  ask(): Promise<void>;
  /** For the tab, since something may be kept now: also what earlier pages of it were asked for. */
  open(isCurrent: () => boolean): Promise<void>;
  /** Nothing is kept for later pages any more. */
  end(): Promise<void>;
}

export function createOverriding({ host, engine }: Pick<RecordingContext, "host" | "engine">): Overriding {
  const { overrides } = host.environment;
  let found: Promise<TabOverrides> | undefined;
  /** Whatever fails, such as a chunk that does not load, is reported, and the visitor sees what is decided. */
  const using = async (task: (tab: TabOverrides) => void): Promise<void> => {
    if (!overrides) return;
    try {
      const tab = await (found ??= overrides());
      task(tab);
    } catch (error) {
      host.report(error);
    }
  };
  const force = (variants: TabOverrides["asked"]): void => {
    for (const [slot, variant] of variants) engine().force(slot, variant);
  };
  return {
    ask: () => using((tab) => force(tab.asked)),
    open: (isCurrent) =>
      using((tab) => {
        if (!isCurrent()) return;
        const all = new Map([...tab.kept(), ...tab.asked]);
        force([...all]);
        tab.keep([...all].flatMap(([slot, variant]) => (variant === null ? [] : [[slot, variant] as const])));
      }),
    end: () => using((tab) => tab.keep([])),
  };
}
