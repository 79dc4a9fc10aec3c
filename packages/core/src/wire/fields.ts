import * as v from "valibot";

/** A whole number within bounds, both included; or its digits as a text, since that is what the environment gives. */
export function whole(from: number, to: number) {
  const message = `This must be a whole number from ${from} to ${to}.`;
  return v.pipe(
    v.union([v.number(), v.pipe(v.string(), v.digits(message), v.transform(Number))], message),
    v.check((n) => Number.isInteger(n) && n >= from && n <= to, message),
  );
}

/** A share above 0, at most 1; or the same as a decimal text. */
export function share(message: string) {
  return v.pipe(
    v.union(
      [v.number(), v.pipe(v.string(), v.regex(/^(?:\d+(?:\.\d+)?|\.\d+)$/, message), v.transform(Number))],
      message,
    ),
    v.check((n) => n > 0 && n <= 1, message),
  );
}

/** True or false; or the words for it as a text. */
export function flag() {
  const message = "This must be true or false.";
  const word = v.pipe(
    v.picklist(["true", "false"], message),
    v.transform((text) => text === "true"),
  );
  return v.union([v.boolean(), word], message);
}

/** A text with something in it. */
export const text = () =>
  v.pipe(
    v.string(),
    v.check((value) => value !== "", "This must not be empty."),
  );
