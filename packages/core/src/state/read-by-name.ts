/**
 * Names of events that tell what was shown or reported (`Banner Viewed`, `Page Vitals Reported`, `Consent Changed`), or where the visitor
 * was on a page (`Page Scrolled`, `Element Hovered`), not what the visitor did: they are no interactions of a session. The few of them from
 * which the fold still learns something are below.
 */
export const PASSIVE = /Viewed$|^(Page|Variant|Consent|Visitor) |^Element (Scrolled|Hovered)$/;

/** Passive, and yet the fold has a rule of its own for them; so it has for all names that begin with `Product `. */
const PASSIVE_BUT_READ: ReadonlySet<string> = new Set(["Page Viewed", "Page Scrolled", "Page Engaged"]);

/**
 * Whether the fold looks at the name of such an event, so that some feature would differ without it: a page view, a click, a product, a
 * search, any name of the site's own. `Banner Viewed` or `Page Vitals Reported` are not read by name: to the fold they only say that the
 * visitor was there at that time. Those may be left out under load (`sampling`) at the cost of a last-event time that is too early.
 */
export const isReadByName = (name: string): boolean =>
  !PASSIVE.test(name) || PASSIVE_BUT_READ.has(name) || name.startsWith("Product ");
