import { type Ruleset, type SegmentExpression } from "@attune/core";
import { useEffect } from "react";
import { usePersonalization } from "./context.js";

/** Bundlers replace it by its value. */
declare const process: { env: { NODE_ENV?: string } };

const listed = (names: readonly string[]): string => (names.length > 0 ? names.join(", ") : "none");

function namesIn(expression: SegmentExpression): string[] {
  if (typeof expression === "string") return [expression];
  if (Array.isArray(expression)) return expression as string[];
  const { any = [], all = [], not } = expression as Exclude<SegmentExpression, string | readonly string[]>;
  return [...any, ...all, ...(not === undefined ? [] : [not])].flatMap(namesIn);
}

/** What a ruleset lacks of what a component asks for; null where it lacks nothing. */
const LACKS = {
  slot({ slots }: Ruleset, slot: string) {
    if (Object.hasOwn(slots, slot)) return null;
    return `The ruleset has no slot "${slot}", so its fallback shows. There are: ${listed(Object.keys(slots))}.`;
  },
  segment({ segments = [] }: Ruleset, expression: string) {
    const known = segments.map(({ name }) => name);
    const unknown = namesIn(JSON.parse(expression) as SegmentExpression).filter(
      (name) => !known.includes(name),
    );
    if (unknown.length === 0) return null;
    return `The ruleset has no segment "${listed(unknown)}", so nobody is in it. There are: ${listed(known)}.`;
  },
  variant({ slots }: Ruleset, named: string) {
    const [slot, variant] = JSON.parse(named) as [string, string];
    const definition = Object.hasOwn(slots, slot) ? slots[slot] : undefined;
    // The combinations of a factorial policy are no variants of the document.
    if (definition?.policy.type === "factorial") return null;
    const variants = definition ? Object.keys(definition.variants) : [variant];
    if (variants.includes(variant)) return null;
    return `The slot "${slot}" has no variant "${variant}", so it never shows. There are: ${listed(variants)}.`;
  },
};

/**
 * In development: warns once, as soon as there is a ruleset, if it does not know what a component asks for. A production build holds
 * nothing of it but an effect that does nothing.
 *
 * @param subject The name; for segments the expression and for variants `[slot, variant]`, both as JSON.
 */
export function useHint(kind: keyof typeof LACKS, subject: string): void {
  const { attune, hints } = usePersonalization();
  useEffect(() => {
    try {
      if (process.env.NODE_ENV !== "production") {
        const look = (): void => {
          const ruleset = attune.ruleset();
          const hint = ruleset && LACKS[kind](ruleset, subject);
          if (!hint || hints.has(hint)) return;
          hints.add(hint);
          console.warn(`[attune] ${hint}`);
        };
        look();
        return attune.subscribe(look);
      }
    } catch {
      // No bundler has said that this is development.
    }
    return undefined;
  }, [attune, hints, kind, subject]);
}
