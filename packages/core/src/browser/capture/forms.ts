import { describeElement, targetOf } from "./elements.js";
import type { Scope } from "./scope.js";
import { tellableName } from "./tellable-name.js";

const PRIVATE_FIELDS =
  "[type=password],[autocomplete*=password],[autocomplete*='cc-'],[autocomplete=one-time-code]";

/** As many forms under way are more than a page shows: those that have gone from it since are left. */
const MOST = 20;

/** A form that is read and left within this was submitted by a script, which browsers tell of by no `submit`, ms. */
const SUBMIT_MS = 100;

interface Begun {
  /** The field that was changed last, where it has a name that may be told. */
  field: string | null;
  /** `performance.now()`, ms. */
  since: number;
  /** When something read all of it, as a submission does; `performance.now()`, ms. */
  read: number;
}

const nameOf = (element: Element): string | null => {
  const given = element.getAttribute("data-attune-name");
  return tellableName(given, element.matches(PRIVATE_FIELDS) ? null : element.getAttribute("name"));
};

/** Only what is there. */
const named = (key: string, name: string | null): Record<string, unknown> => (name ? { [key]: name } : {});

/**
 * Forms that are begun (the first change of a field), submitted (the browser has found nothing wrong with what was entered, or a script did not ask
 * it: known where the browser has the navigation API), or left with the page without having been. Of fields only their names, and those only where they sound harmless; nothing of what was entered.
 */
export function captureForms({ sink, on, onPageEnd }: Scope): void {
  const begun = new Map<HTMLFormElement, Begun>();

  const tell = (name: string, form: HTMLFormElement, field: string | null, since?: number): void => {
    // To the second: how long somebody typed must not tell what.
    const durationMs = since === undefined ? null : Math.round((performance.now() - since) / 1000) * 1000;
    const own = nameOf(form) ?? tellableName(null, form.id);
    sink.track(
      name,
      { ...named("form", own), ...named("field", field), ...(durationMs === null ? {} : { durationMs }) },
      { element: describeElement(form) },
    );
  };
  const leave = (isLeft: (form: HTMLFormElement) => boolean): void => {
    for (const [form, { field, since }] of begun) {
      if (!isLeft(form)) continue;
      begun.delete(form);
      tell("Form Abandoned", form, field, since);
    }
  };
  const change = (event: Event): void => {
    const target = targetOf(event.composedPath());
    const form = (target as HTMLInputElement | null)?.form ?? target?.closest("form");
    if (!target || !(form instanceof HTMLFormElement)) return;
    const field = nameOf(target);
    const known = begun.get(form);
    if (known) {
      known.field = field;
      return;
    }
    if (begun.size >= MOST) leave((other) => !other.isConnected);
    begun.set(form, { field, since: performance.now(), read: -Infinity });
    tell("Form Started", form, field);
  };

  // Not `change`: it comes late, when a field is left, and with it perhaps the page on which it was changed.
  on(document, "input", change);
  on(document, "submit", (event) => {
    const form = targetOf(event.composedPath());
    if (!(form instanceof HTMLFormElement)) return;
    tell("Form Submitted", form, null, begun.get(form)?.since);
    begun.delete(form);
  });
  // `form.submit()` reads the form, as `new FormData(form)` does, and then the page goes elsewhere.
  on(document, "formdata", ({ target }) => {
    const known = begun.get(target as HTMLFormElement);
    if (known) known.read = performance.now();
  });
  const { navigation } = globalThis as { navigation?: EventTarget };
  if (navigation)
    on(navigation, "navigate", () => {
      for (const [form, { read, since }] of begun) {
        if (performance.now() - read > SUBMIT_MS) continue;
        begun.delete(form);
        tell("Form Submitted", form, null, since);
      }
    });
  onPageEnd((left) => {
    if (left) leave(() => true);
  });
}
