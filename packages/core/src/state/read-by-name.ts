/** What a visitor sees or the library reports, not what a visitor does. */
export const PASSIVE = /Viewed$|^(Page|Variant|Consent|Visitor) /;

const READ: ReadonlySet<string> = new Set(["Page Viewed", "Page Scrolled", "Page Engaged"]);

/**
 * Whether a feature reads events of this name as such. Of the others only that something happened matters, and when: one of them more or
 * less changes no figure but the time of the last event.
 */
export const isReadByName = (name: string): boolean =>
  !PASSIVE.test(name) || READ.has(name) || name.startsWith("Product ");
