import * as v from "valibot";

/** A whole number within bounds, both included; or its digits as a text, since that is what the environment gives. */
export function whole(from: number, to: number) {
  const message = `This must be a whole number from ${from} to ${to}.`;
  return v.pipe(
    v.union([v.number(), v.pipe(v.string(), v.digits(message), v.transform(Number))], message),
    v.check((n) => Number.isInteger(n) && n >= from && n <= to, message),
  );
}

/** A text with something in it. */
export const text = () =>
  v.pipe(
    v.string(),
    v.check((value) => value !== "", "This must not be empty."),
  );
