import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readFailure } from "./errors.js";
import { tellableName } from "./forms.js";

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
