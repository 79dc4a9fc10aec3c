/** What is decided: for whom the page opens how, and which words a button says. */
export const ruleset = {
  schemaVersion: 1,
  revision: 1,
  segments: [{ name: "readers", enter: { pagesThisSession: { $gte: 3 } } }],
  slots: {
    opening: {
      variants: { everybody: null, reader: null },
      fallback: "everybody",
      policy: { type: "rules", rules: [{ segment: "readers", variant: "reader" }] },
    },
    subscribe: {
      variants: { plain: "Subscribe", promise: "One letter a month" },
      fallback: "plain",
      policy: { type: "split", experiment: "subscribe-words", weights: { plain: 0.5, promise: 0.5 } },
    },
  },
};
