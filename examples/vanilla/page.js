import { createAttune } from "@attune/core";
import { browser } from "@attune/core/browser";
import { defineAttuneSlot } from "@attune/core/element";
import { ruleset } from "./ruleset.js";

const attune = createAttune({
  // Without an endpoint nothing is sent.
  environment: browser({ capture: { pages: false } }),
  consent: { policy: { version: "2026-11", purposes: ["personalization"] } },
  decisions: { ruleset },
});
defineAttuneSlot(attune);
attune.start();

const element = (id) => document.getElementById(id);

/** Every story opened is a page. */
for (const story of document.querySelectorAll("details.story")) {
  story.addEventListener("toggle", () => {
    if (story.open) void attune.page({ story: story.id });
  });
}

const showConsent = () => {
  const { ask, grants } = attune.consent.state;
  element("ask").hidden = ask === null;
  element("allowed").textContent = grants.personalization
    ? "This page remembers here what you read."
    : "This page remembers nothing.";
  element("change").textContent = grants.personalization ? "Take it back" : "Allow it";
};
element("yes").addEventListener("click", () => void attune.consent.grant("all", "banner"));
element("no").addEventListener("click", () => void attune.consent.deny("all", "banner"));
element("change").addEventListener("click", () => {
  const { consent } = attune;
  void (consent.state.grants.personalization ? consent.withdraw() : consent.grant("all", "preferences"));
});
attune.consent.subscribe(showConsent);
showConsent();
