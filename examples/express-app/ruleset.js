/** What is decided here. It is deployed with the code, so `onStoredRuleset: "replace"` below lets the code's win, also on a roll-back. */
export const ruleset = {
  schemaVersion: 1,
  revision: 1,
  slots: {
    greeting: {
      variants: { plain: "Welcome.", reader: "Welcome back. There is more of what you read last time." },
      fallback: "plain",
      policy: {
        type: "rules",
        rules: [{ id: "reads", when: { pagesThisSession: { $gte: 3 } }, variant: "reader" }],
      },
    },
  },
};
