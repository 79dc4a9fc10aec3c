import { createSteadySlot, type Shown, type SteadySlot, type Updates } from "../browser/slot/steady-slot.js";
import { whenSeen } from "../browser/slot/seen.js";
import { createTransitions } from "../browser/slot/view-transition.js";
import type { Decision } from "../decisions/types.js";
import type { JsonValue } from "../kernel/json.js";
import type { Attune } from "../engine/types.js";

export interface DefineAttuneSlotOptions {
  /** The element's name (default `attune-slot`). Another engine in the same page needs another one. */
  name?: string;
}

/** The element, as scripts see it. */
export interface AttuneSlotElement extends HTMLElement {
  /** What is shown now; null before the element is in a page. */
  readonly decision: Decision | null;
}

/**
 * Defines `<attune-slot>`, for pages of any framework or none:
 *
 * ```html
 * <attune-slot name="hero">
 *   <template data-variant="returning"><h1>Good to see you again</h1></template>
 *   <h1>Welcome</h1>
 * </attune-slot>
 * ```
 *
 * It shows the template of the variant that was decided, else what stands beside the templates, which is there without any script too. What is
 * being read is not replaced (`updates="at-once"`: it is). A decision counts as seen once it is visible. The attributes `variant` and `status`
 * (`resolving`, `decided`) are for styles; each change is told as an `attune-decision` event, whose `detail` is the decision, for those who
 * render its value themselves. Elements that are in the page already come to life at once.
 *
 * @throws DOMException `NotSupportedError` where the name is defined already, or none for an element.
 */
export function defineAttuneSlot(
  attune: Attune,
  { name = "attune-slot" }: DefineAttuneSlotOptions = {},
): void {
  const transition = createTransitions();
  const contentOf = (slot: HTMLElement): readonly Node[] =>
    [...slot.childNodes].filter((node) => !(node instanceof HTMLTemplateElement));

  class Slot extends HTMLElement implements AttuneSlotElement {
    static readonly observedAttributes = ["name", "updates"];
    decision: Decision | null = null;
    #end: (() => void) | null = null;
    #unwatch: (() => void) | null = null;
    /** What stands beside the templates. */
    #fallback: readonly Node[] | null = null;
    /** The template that is shown, and what stands in the page for it. */
    #shown: HTMLTemplateElement | undefined;
    #content: readonly Node[] = [];
    #watched: string | null = null;

    connectedCallback(): void {
      // What is in it may not have been parsed yet.
      if (document.readyState !== "loading") return this.#begin();
      const begin = (): void => {
        if (this.isConnected) this.#begin();
      };
      document.addEventListener("DOMContentLoaded", begin, { once: true });
    }

    disconnectedCallback(): void {
      this.#stop();
    }

    attributeChangedCallback(): void {
      if (this.#end !== null) this.#begin();
    }

    #stop(): void {
      this.#end?.();
      this.#unwatch?.();
      this.#end = this.#unwatch = this.#watched = null;
    }

    #begin(): void {
      this.#stop();
      const slot = this.getAttribute("name") ?? "";
      const updates: Updates = this.getAttribute("updates") === "at-once" ? "at-once" : "safe";
      this.#fallback ??= contentOf(this);
      const store: SteadySlot<JsonValue> = createSteadySlot({
        ...{ attune, slot, updates, transition },
        hasPending: false,
      });
      const show = (): void => this.#show(store.current());
      store.attach(this);
      // Before anybody listens: what comes first is no change.
      show();
      const ends = [store.subscribe(show), attune.subscribe(() => this.#mark(slot))];
      this.#end = () => {
        for (const end of ends) end();
      };
      this.#mark(slot);
    }

    #show({ decision }: Shown<JsonValue>): void {
      if (decision === this.decision) return;
      this.decision = decision;
      const templates = [...this.children].filter((child) => child instanceof HTMLTemplateElement);
      const named = templates.find(({ dataset }) => dataset.variant === decision.variant);
      const fallback = this.#fallback ?? [];
      const isEmpty = !fallback.some((node) => node.textContent?.trim() || node instanceof Element);
      const template = decision.isFallback && !isEmpty ? undefined : named;
      if (template && template !== this.#shown)
        this.#content = [...template.content.cloneNode(true).childNodes];
      this.#shown = template;
      const content = template ? this.#content : fallback;
      const standing = contentOf(this);
      // What stands there already is left alone, with what is typed, played and listened to in it.
      if (standing.length !== content.length || standing.some((node, i) => node !== content[i]))
        this.replaceChildren(...templates, ...content);
      if (decision.variant === null) this.removeAttribute("variant");
      else this.setAttribute("variant", decision.variant);
      this.#watch();
      this.dispatchEvent(
        new CustomEvent("attune-decision", { detail: decision, bubbles: true, composed: true }),
      );
    }

    #mark(slot: string): void {
      const status = attune.settled(slot) ? "decided" : "resolving";
      // Asked with every event: who watches attributes hears of changes alone.
      if (this.getAttribute("status") !== status) this.setAttribute("status", status);
      this.#watch();
    }

    /** Counts what is shown as seen, once; again for another visitor, decision or consent, and once the visitor has logged in. */
    #watch(): void {
      const { decision } = this;
      if (decision === null) return;
      const { isFallback, reason, slot, variant, experiment, policyVersion } = decision;
      // Whom a holdout keeps out sees what everybody sees, and is measured from then on.
      const counts = !isFallback || reason === "holdout";
      const visitor = attune.visitor();
      const who = [visitor?.id, visitor?.userId !== undefined, attune.consent.state.revision];
      const key = counts ? JSON.stringify([who, variant, experiment, policyVersion]) : "";
      if (key === this.#watched) return;
      this.#watched = key;
      this.#unwatch?.();
      this.#unwatch = null;
      if (!counts) return;
      attune.rendered(slot, decision);
      this.#unwatch = whenSeen(this, () => attune.expose(slot, decision));
    }
  }
  customElements.define(name, Slot);
}
