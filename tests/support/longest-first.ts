import { BaseSequencer, type TestSpecification } from "vitest/node";

/** The many short ones of the last fill what the long ones leave at the end. */
const PROJECTS = ["alone", "unit", "react18", "pure"];

/** What takes longest of each project on two slow cores, the longest first: begun late, one of these would go on alone. What is not named comes after, by its size. */
const LONGEST = [
  "tests/storefront.test.ts",
  "tests/browser/audit.test.ts",
  "tests/browser/capture-kinds.test.ts",
  "tests/browser/hosts.test.ts",
  "tests/browser/other-browsers.test.ts",
  "tests/browser/refusal.test.ts",
  "tests/browser/handover.test.ts",
  "tests/kill.test.ts",
  "packages/react/src/chromium.test.ts",
  "packages/server-adapters/src/redis/faults.test.ts",
  "packages/server/src/http/bodies.test.ts",
  "packages/server-adapters/src/tiered/servers.test.ts",
  "packages/server-adapters/src/dynamodb/dynamodb.test.ts",
  "packages/server/src/cli/doctor/doctor.test.ts",
  "packages/server/src/cli/replay.test.ts",
  "packages/server/src/cli/processes.test.ts",
  "packages/server-adapters/src/lmdb/processes.test.ts",
  "packages/server-adapters/src/redis/cluster.test.ts",
  "packages/server-adapters/src/kafka/t16.test.ts",
  "packages/ml/src/clustering/auto-cluster.test.ts",
  "packages/server/src/simulate/bad-version.test.ts",
  "scripts/prove/bandits/bandits.test.ts",
  "packages/core/src/state/real-data.test.ts",
  "packages/core/src/service/stale-knowledge.test.ts",
];

const placeIn = (all: readonly string[], at: number): number => (at < 0 ? all.length : at);
const rankOf = ({ moduleId }: TestSpecification): number =>
  placeIn(
    LONGEST,
    LONGEST.findIndex((path) => moduleId.endsWith(`/${path}`)),
  );
const turnOf = ({ project }: TestSpecification): number => placeIn(PROJECTS, PROJECTS.indexOf(project.name));
const groupOf = ({ project }: TestSpecification): number => project.config.sequence.groupOrder;

/** The order of a run: by group, then by project (whose files share processes where they are not isolated), then the longest first. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return (await super.sort(files)).sort(
      (a, b) => groupOf(a) - groupOf(b) || turnOf(a) - turnOf(b) || rankOf(a) - rankOf(b),
    );
  }
}
