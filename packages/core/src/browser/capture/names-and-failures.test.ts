import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readFailure } from "./errors.js";
import { mask } from "../../events/mask.js";
import { cutText } from "./cut-text.js";
import { tellableName } from "./tellable-name.js";

describe("T34: names of fields", () => {
  it.each(["city", "quantity", "q7", "delivery-date", "newsletter", "firstName"])(
    "%s may be told",
    (name) => {
      expect(tellableName(null, name)).toBe(name);
    },
  );

  it.each([
    ...[
      "password",
      "userPwd",
      "cardNumber",
      "cvv2",
      "iban",
      "tax_id",
      "pin",
      "card-pin",
      "userPin",
      "dateOfBirth",
    ],
    ...["SSN", "socialSecurity", "otpCode", "sort_code", "sexualOrientation", "religion", "healthInsurance"],
  ])("%s is not told, unless the host says so", (name) => {
    expect(tellableName(null, name)).toBeNull();
    expect(tellableName("step-2", name)).toBe("step-2");
  });
});

describe("T34: what may be told of an error", () => {
  it("no quotations, except names as programs have them", () => {
    const message = `Cannot read "user.name" of \`#main\`: "Ann Miller" and “Ann Miller” and \`ann miller\` are none`;
    expect(readFailure(new TypeError(message))).toMatchObject({
      type: "TypeError",
      message: 'Cannot read "user.name" of `#main`: "…" and "…" and "…" are none',
    });
  });

  it("no single-quoted text, however it is cut, and of what is no JSON not even a word", () => {
    const told = (message: string): string => readFailure(new Error(message)).message;
    expect(told("Cannot use 'Ann Miller', can't read 'name' of the users' list")).toBe(
      `Cannot use "…", can't read 'name' of the users' list`,
    );
    expect(told(`Unexpected token 'h', "hunter2" is not valid JSON`)).toBe(
      'Unexpected token "…", "…" is not valid JSON',
    );
    expect(told(Object.assign(new Error(), { message: { user: "Ann" } }) as never)).not.toContain("Ann");
  });

  it("of a stack its places, not the message in its first lines", () => {
    const error = new Error("Ann\nMiller");
    error.stack =
      "Error: Ann\nMiller\n    at pay (https://x.example/a.js:1:2)\npay@https://x.example/a.js:1:2";
    expect(readFailure(error).stack).toBe(
      "    at pay (https://x.example/a.js:1:2)\npay@https://x.example/a.js:1:2",
    );
  });

  it("whatever is thrown: a type, and a short message", () => {
    fc.assert(
      fc.property(fc.anything(), fc.string(), (thrown, told) => {
        const { type, message } = readFailure(thrown, told);
        expect(type).toBe(typeof thrown);
        expect(message.length).toBeLessThanOrEqual(256);
      }),
    );
    expect(readFailure({ user: "Ann" })).toEqual({ type: "object", message: "" });
    expect(readFailure("plain", "Uncaught plain").message).toBe("Uncaught plain");
  });
});

describe("T34: texts that are cut", () => {
  const personal = fc.constantFrom("ann.miller@example.org", "+49 170 1234567", "4111 1111 1111 1111");

  it("end between words, and hold no half of what would have been masked", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z ]{0,60}$/), personal, fc.nat(80), (before, secret, limit) => {
        const text = `${before} ${secret} and more`;
        const cut = cutText(text, limit);
        expect(cut.length).toBeLessThanOrEqual(limit);
        expect(text.startsWith(cut)).toBe(true);
        expect(mask(cut)).not.toMatch(/ann\.|miller|@|\d/);
      }),
    );
    expect(cutText("short", 40)).toBe("short");
    expect(cutText("one two three", 7)).toBe("one two");
    expect(cutText("one two three", 8)).toBe("one two");
    expect(cutText("one two three", 6)).toBe("one");
    expect(cutText("1111111111", 5)).toBe("");
  });
});
