export const ruleset = {
  schemaVersion: 1,
  revision: 1,
  slots: {
    hero: {
      variants: { everybody: "Welcome", north: "Moin" },
      fallback: "everybody",
      purposes: ["necessary"],
      policy: { type: "rules", rules: [{ when: { "context.region": "DE" }, variant: "north" }] },
    },
  },
};
