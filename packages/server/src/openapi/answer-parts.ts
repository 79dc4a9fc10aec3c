import * as v from "valibot";

/*
 * What is answered, as schemas: the document and the client's types are made of them, and every answer that a test receives is held to them.
 * They are functions, so that importing this file makes nothing.
 */

/** A schema of what the core gives: its type is the core's own, its parts are described as far as they help. */
export const typed = <T>(schema: v.GenericSchema<unknown, unknown>) => schema as v.GenericSchema<T, T>;

export const count = () => v.pipe(v.number(), v.integer(), v.minValue(0));
export const share = () => v.pipe(v.number(), v.minValue(0), v.maxValue(1));
export const moment = () => v.pipe(v.string(), v.isoTimestamp());
export const notes = () => v.record(v.string(), v.string());
export const figure = () => v.nullable(v.pipe(v.number(), v.minValue(0)));
export const grants = () =>
  v.strictObject({
    necessary: v.boolean(),
    analytics: v.boolean(),
    personalization: v.boolean(),
    marketing: v.boolean(),
    advertising: v.boolean(),
  });

export const issue = () => v.strictObject({ path: v.string(), code: v.string(), message: v.string() });
