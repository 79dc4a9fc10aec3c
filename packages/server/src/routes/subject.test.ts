import { describe, expect, it } from "vitest";
import { isUnguessable } from "./subject.js";

describe("an id that nobody could come upon by trying", () => {
  it.each([
    ["6f1c7b1e-8d55-4c3a-9d8e-0a1b2c3d4e5f", true],
    ["018f1c7b-1e8d-755c-8d8e-0a1b2c3d4e5f", true],
    ["V1StGXR8_Z5jdHi6B-myT", true],
    ["V1StGXR8_Z5jdHi6B-my", false],
    ["111111111111111111111", false],
    ["customer.customer.customer", false],
    ["00000000-0000-0000-0000-000000000000", false],
    ["user-1", false],
    ["someone@mail.example.org-x", false],
    ["", false],
  ])("%s: %s", (id, expected) => {
    expect(isUnguessable(id)).toBe(expected);
  });
});
