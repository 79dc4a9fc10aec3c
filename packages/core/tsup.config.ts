import { library } from "../../tsup.base.ts";

export default library({
  index: "src/index.ts",
  "bandits/index": "src/bandits/index.ts",
  "browser/index": "src/browser/index.ts",
  "browser/handover/index": "src/browser/handover/index.ts",
  "consent/index": "src/consent/index.ts",
  "consent/regions/index": "src/consent/regions/index.ts",
  "consent/tcf/index": "src/consent/tcf/index.ts",
  "decisions/index": "src/decisions/index.ts",
  "element/index": "src/element/index.ts",
  // No sub-path: what only some of them reach lies in chunks of its own, so that a host's bundler, which moves whole files, can leave out of a page's first load what that does not need.
  "engine/first-load": "src/engine/create-attune.ts",
  "engagement/index": "src/engagement/index.ts",
  "events/index": "src/events/index.ts",
  "memory/index": "src/memory/index.ts",
  "openfeature/index": "src/openfeature/index.ts",
  "policy/index": "src/policy/index.ts",
  "ports/index": "src/ports/index.ts",
  "segments/index": "src/segments/index.ts",
  "service/index": "src/service/index.ts",
  "stats/index": "src/stats/index.ts",
  "targeting/index": "src/targeting/index.ts",
  "testing/index": "src/testing/index.ts",
  "wire/index": "src/wire/index.ts",
});
