import * as v from "valibot";

/** A whole number within bounds, both included. */
export const whole = (from: number, to: number) =>
  v.pipe(
    v.number(),
    v.check(
      (n) => Number.isInteger(n) && n >= from && n <= to,
      `This must be a whole number from ${from} to ${to}.`,
    ),
  );

/** A text with something in it. */
export const text = () =>
  v.pipe(
    v.string(),
    v.check((value) => value !== "", "This must not be empty."),
  );
