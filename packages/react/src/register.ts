/**
 * Where a host tells the types what exists. Augment it once and every hook and component knows the slots with their variants and values,
 * and the events with their properties:
 *
 * ```ts
 * export const slots = defineSlots({ hero: { variants: { plain: { title: "Hello" }, bold: { title: "Hey!" } }, … } });
 * export const events = defineEvents({ "Wishlist Added": { properties: { product_id: "string" } } });
 * declare module "@attune/react" {
 *   interface Register { slots: typeof slots; events: typeof events }
 * }
 * ```
 */
export interface Register {}
