/**
 * Where a host tells the types what exists. Augment it once and every hook and component knows the slots with their variants and values,
 * the segments, and the events with their properties:
 *
 * ```ts
 * export const slots = defineSlots({ hero: { variants: { plain: { title: "Hello" }, bold: { title: "Hey!" } }, … } });
 * export const segments = defineSegments([{ name: "readers", enter: { pagesThisSession: { $gte: 3 } } }]);
 * export const events = defineEvents({ "Wishlist Added": { properties: { product_id: "string" } } });
 * declare module "@attune/react" {
 *   interface Register { slots: typeof slots; segments: typeof segments; events: typeof events }
 * }
 * ```
 *
 * `slots` and `segments` are at the same time those of a ruleset. The events' purposes take effect at run time where the engine gets them
 * as well: `options={{ events: { definitions: events } }}`.
 */
export interface Register {}
