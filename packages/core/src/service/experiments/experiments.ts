import { armsOf, validateRuleset } from "../../decisions/index.js";
import type { Ruleset } from "../../decisions/types.js";
import { isAttuneError } from "../../kernel/errors.js";
import { isObject } from "../../kernel/json.js";
import { fail, type Issue, ok, pointer, type Result } from "../../kernel/result.js";
import type { ServiceContext } from "../context.js";
import { metaPartition, SORT } from "../layout/partitions.js";
import type { Rulesets } from "../rules/ruleset.js";
import { untilWritten } from "../tools/retry.js";
import { atOnce } from "../tools/turns.js";
import { beliefsFrom } from "./learn-contexts.js";
import { sharesFrom } from "./learn-shares.js";
import { draftOf, policyOf, step } from "./lifecycle.js";
import type {
  Experiment,
  ExperimentAction,
  ExperimentDefinition,
  ExperimentRevision,
  Proposal,
} from "./types.js";

/** An experiment as it is stored: the one in force, and each revision before it. */
interface StoredExperiment {
  v: 1;
  experiment: Experiment;
  /** Epoch ms, and who made this revision. */
  at: number;
  actor: string;
}

export interface ExperimentScope {
  site: string;
  /** Who does it: the name of a credential. */
  actor?: string | undefined;
}

const issue = (path: string, code: string, message: string): Issue => ({
  path,
  code: `ATTUNE_EXPERIMENT_${code}`,
  message,
});
const NO_RULESET = issue(
  "",
  "RULESET",
  "No ruleset is published; publish one with the experiment's slot first.",
);
const UNKNOWN = issue("/id", "UNKNOWN", "There is no experiment of this id.");
const ID = /^[a-z0-9][a-z0-9._-]{0,63}$/i;
const FIELDS = [
  "id",
  "name",
  "hypothesis",
  "slot",
  "gates",
  "policy",
  "control",
  "measures",
  "rule",
  "learning",
];

function shapeIssues(given: unknown): Issue[] {
  if (!isObject(given))
    return [issue("", "DEFINITION", "An experiment is an object with id, name, slot, policy and measures.")];
  const issues: Issue[] = [];
  if (typeof given["id"] !== "string" || !ID.test(given["id"]))
    issues.push(
      issue(
        "/id",
        "ID",
        "An id is 1 to 64 letters, digits, dots, dashes or underscores, starting with a letter or digit.",
      ),
    );
  for (const field of ["name", "slot"])
    if (typeof given[field] !== "string" || given[field] === "")
      issues.push(issue(`/${field}`, "DEFINITION", "Give a text."));
  for (const field of ["policy", "measures"])
    if (!isObject(given[field])) issues.push(issue(`/${field}`, "DEFINITION", "Give an object."));
  if (isObject(given["policy"]) && (given["policy"]["type"] === "rules" || "experiment" in given["policy"]))
    issues.push(
      issue(
        "/policy",
        "DEFINITION",
        "An experiment assigns by chance, under its own id: give a split, factorial, bandit or contextual policy without `experiment`.",
      ),
    );
  for (const field of Object.keys(given))
    if (!FIELDS.includes(field))
      issues.push(issue(pointer("", field), "DEFINITION", `An experiment has ${FIELDS.join(", ")}.`));
  return issues;
}

/** What it is compared with, and what it learns from, of a policy that is right by itself. */
function judgedIssues(definition: ExperimentDefinition, { metrics = {} }: Ruleset): Issue[] {
  const { control, policy, measures } = definition;
  const issues: Issue[] = [];
  if (control !== undefined && !Object.hasOwn(armsOf(policyOf(definition)), control))
    issues.push(
      issue("/control", "VARIANT", "The policy assigns no such variant, so nothing can be compared with it."),
    );
  const learns = policy.type === "bandit" || policy.type === "contextual";
  if (learns && metrics[measures.primary]?.type !== "conversion")
    issues.push(
      issue(
        "/measures/primary",
        "METRIC",
        `A ${policy.type} policy learns from a metric of the type conversion; name one, or use a split.`,
      ),
    );
  return issues;
}

/** Settings of learning that cannot be: what an update would stumble over is told when they are given. */
function learningIssues(definition: ExperimentDefinition): Issue[] {
  const { learning } = definition;
  if (learning === undefined) return [];
  if (!isObject(learning)) return [issue("/learning", "LEARNING", "Give an object.")];
  const { everyMs } = learning;
  if (everyMs !== undefined && !(typeof everyMs === "number" && everyMs > 0))
    return [issue("/learning/everyMs", "LEARNING", "Give milliseconds above 0.")];
  const policy = policyOf(definition);
  try {
    if (policy.type === "bandit") sharesFrom(policy, [], learning);
    else if (policy.type === "contextual") atOnce(beliefsFrom(policy, [], learning));
    else return [issue("/learning", "LEARNING", `A ${policy.type} policy does not learn; leave it out.`)];
  } catch (error) {
    if (!isAttuneError(error)) throw error;
    return [issue(`/learning${error.path ?? ""}`, "LEARNING", error.message)];
  }
  return [];
}

/** Issues of the ruleset that the experiment would make, told at their place in its definition. */
function issuesOf(definition: ExperimentDefinition, ruleset: Ruleset): Issue[] {
  const begun = step(draftOf(definition), { type: "start" }, { ruleset, now: 0 });
  if (!begun.ok) return begun.error;
  const checked = validateRuleset(begun.value.ruleset);
  if (checked.ok) return [...judgedIssues(definition, ruleset), ...learningIssues(definition)];
  const places: readonly (readonly [from: string, to: string])[] = [
    [`${pointer("/slots", definition.slot)}/policy`, "/policy"],
    [pointer("/slots", definition.slot), "/gates"],
    [pointer("/experiments", definition.id), "/measures"],
  ];
  return checked.error.map((one) => {
    const [from, to] = places.find(([place]) => one.path.startsWith(place)) ?? ["", ""];
    return { ...one, path: to + one.path.slice(from.length) };
  });
}

/** The experiments of each site: defined, started, stopped, shipped; every revision kept. */
export function createExperiments(context: ServiceContext, rulesets: Pick<Rulesets, "of" | "load">) {
  const { durable, clock } = context;

  const stored = (site: string, id: string) =>
    durable.get<StoredExperiment>(metaPartition(site), SORT.experiment + id);

  async function write(
    { site, actor = "system" }: ExperimentScope,
    experiment: Experiment,
    [known, action]: readonly [{ value: StoredExperiment; version: number } | null, string],
  ): Promise<true | null> {
    const partition = metaPartition(site);
    const { id } = experiment.definition;
    const value: StoredExperiment = { v: 1, experiment, at: clock.now(), actor };
    // Before it is overtaken: whatever dies in between, every revision that was in force is kept.
    if (known !== null) {
      const sort = `${SORT.experimentHistory}${id}/${String(known.value.experiment.revision).padStart(9, "0")}`;
      await durable.put(partition, sort, known.value, { ifVersion: 0 });
    }
    const put = await durable.put(partition, SORT.experiment + id, value, { ifVersion: known?.version ?? 0 });
    if (!put.written) return null;
    const { revision, run, status, shipped } = experiment;
    await context.audit.append(site, {
      type: "experiment",
      actor,
      detail: { id, action, revision, run, status, ...(shipped !== null && { variant: shipped }) },
    });
    return true;
  }

  const inForce = async (site: string): Promise<{ ruleset: Ruleset; version: string } | null> => {
    const compiled = (await rulesets.of(site)).compiled;
    return compiled === null ? null : { ruleset: compiled.ruleset, version: compiled.version };
  };

  /** The same revision with another proposal; false where somebody changed it meanwhile. */
  async function propose(site: string, experiment: Experiment, proposal: Proposal): Promise<boolean> {
    const known = await stored(site, experiment.definition.id);
    if (known?.value.experiment.revision !== experiment.revision) return false;
    const value = { ...known.value, experiment: { ...experiment, proposal } };
    const sort = SORT.experiment + experiment.definition.id;
    return (await durable.put(metaPartition(site), sort, value, { ifVersion: known.version })).written;
  }

  return {
    propose,
    async get(site: string, id: string): Promise<Experiment | null> {
      return (await stored(site, id))?.value.experiment ?? null;
    },

    /** In the order of their ids. */
    async list(site: string): Promise<Experiment[]> {
      const found: Experiment[] = [];
      const records = durable.scan<StoredExperiment>(metaPartition(site), { prefix: SORT.experiment });
      for await (const { value } of records) found.push(value.experiment);
      return found;
    },

    /** Every revision, the newest first. */
    async history(site: string, id: string): Promise<ExperimentRevision[]> {
      const present = await stored(site, id);
      if (present === null) return [];
      const revisions = [present.value];
      const prefix = `${SORT.experimentHistory}${id}/`;
      const records = durable.scan<StoredExperiment>(metaPartition(site), { prefix, reverse: true });
      for await (const { value } of records) revisions.push(value);
      return revisions.map(({ experiment, at, actor }) => ({ experiment, at, actor }));
    },

    /** Defines a new experiment, or changes one. What is wrong with it is told at once, and not only when it is started. */
    async define(scope: ExperimentScope, given: unknown): Promise<Result<Experiment, Issue[]>> {
      const wrong = shapeIssues(given);
      if (wrong.length > 0) return fail(wrong);
      const definition = given as ExperimentDefinition;
      const { site } = scope;
      return untilWritten<Result<Experiment, Issue[]>>(async () => {
        const known = await stored(site, definition.id);
        const now = await inForce(site);
        if (now === null) return fail([NO_RULESET]);
        const next =
          known === null
            ? ok({ experiment: draftOf(definition) })
            : step(
                known.value.experiment,
                { type: "define", definition },
                { ruleset: now.ruleset, now: clock.now() },
              );
        if (!next.ok) return next;
        const { experiment } = next.value;
        const issues =
          experiment.status === "draft" || experiment.status === "stopped"
            ? issuesOf(definition, now.ruleset)
            : learningIssues(definition);
        if (issues.length > 0) return fail(issues);
        return (await write(scope, experiment, [known, known === null ? "create" : "define"])) === null
          ? null
          : ok(experiment);
      }, context.random);
    },

    /** Starts, stops or ships. What was cut off between the note and the ruleset is completed by calling it again. */
    async act(
      scope: ExperimentScope,
      id: string,
      action: Exclude<ExperimentAction, { type: "define" }>,
    ): Promise<Result<Experiment, Issue[]>> {
      const { site, actor } = scope;
      return untilWritten<Result<Experiment, Issue[]>>(async () => {
        const known = await stored(site, id);
        if (known === null) return fail([UNKNOWN]);
        const now = await inForce(site);
        if (now === null) return fail([NO_RULESET]);
        const next = step(known.value.experiment, action, { ruleset: now.ruleset, now: clock.now() });
        if (!next.ok) return next;
        const { experiment, ruleset } = next.value;
        if (ruleset !== null) {
          const checked = validateRuleset(ruleset);
          if (!checked.ok) return checked;
        }
        if (
          experiment !== known.value.experiment &&
          (await write(scope, experiment, [known, action.type])) === null
        )
          return null;
        if (ruleset === null) return ok(experiment);
        const loaded = await rulesets.load(ruleset, {
          site,
          ...(actor !== undefined && { actor }),
          over: (version) => version === now.version,
        });
        if (loaded.ok) return ok(experiment);
        // Another ruleset was published meanwhile: what was noted is carried out on that one.
        return loaded.error.some(({ code }) => code === "ATTUNE_SERVICE_RULESET_CHANGED") ? null : loaded;
      }, context.random);
    },
  };
}

export type Experiments = ReturnType<typeof createExperiments>;
