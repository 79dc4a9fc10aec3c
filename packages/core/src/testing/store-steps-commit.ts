import type { CommitOptions, StoreOp } from "../ports/store.js";
import { assert } from "./assert.js";
import type { Arbitrary, FastCheck } from "./fast-check.js";
import { call, given } from "./histories.js";
import {
  agree,
  ending,
  lifeOf,
  maybe,
  partitionOf,
  type StoreStep,
  type StoreStepOptions,
  sortOf,
  TOKENS,
  VALUES,
  versionOf,
} from "./store-step-inputs.js";

/** An operation as it is generated: with a life in place of a time, which is not known yet. */
interface OpInput {
  op: "put" | "delete" | "check";
  sort: string;
  value: unknown;
  ifVersion: number | undefined;
  life: number | undefined;
}

const toOp = ({ op, sort, value, ifVersion, life }: OpInput, now: number): StoreOp => {
  if (op === "check") return { op, sort, ifVersion: ifVersion ?? 0 };
  if (op === "delete") return { op, sort, ...given<{ ifVersion?: number }>({ ifVersion }) };
  return {
    op,
    sort,
    value,
    ...given<{ ifVersion?: number; expiresAt?: number }>({ ifVersion, expiresAt: ending(now, life) }),
  };
};

const toText = ({ op, sort, value, ifVersion, life }: OpInput): object => {
  if (op === "put") return given({ op, sort, value, ifVersion, expiresIn: life });
  return { op, sort, ...given({ ifVersion: op === "check" ? (ifVersion ?? 0) : ifVersion }) };
};

/** Commits of up to four operations, with and without a token. */
export function commitSteps(fc: FastCheck, { ttl }: StoreStepOptions): Arbitrary<StoreStep> {
  const op = fc.record<OpInput>({
    op: fc.constantFrom<OpInput["op"]>("put", "put", "delete", "check"),
    sort: sortOf(fc),
    value: fc.constantFrom(...VALUES),
    ifVersion: versionOf(fc),
    life: lifeOf(fc, ttl),
  });
  return fc
    .record<{ partition: string; ops: OpInput[]; once: string | undefined; onceTtl: number | undefined }>({
      partition: partitionOf(fc),
      ops: fc.array(op, { minLength: 0, maxLength: 4 }),
      once: maybe(fc, fc.constantFrom<string>(...TOKENS)),
      onceTtl: maybe(fc, fc.constantFrom(...(ttl ? [1500, 3500, 864_000_500] : [864_000_500]))),
    })
    .map(({ partition, ops, once, onceTtl }) => ({
      async run(history) {
        const { model, store, clock } = history;
        const calls = ops.map((each) => toOp(each, clock.now()));
        const commit = given<CommitOptions>({ once, onceTtl });
        const failing = calls
          .filter(
            ({ sort, ifVersion = null }) =>
              ifVersion !== null && ifVersion !== (model.get(partition, sort)?.version ?? 0),
          )
          .map(({ sort }) => sort);
        const expected = model.commit(partition, calls, commit);
        const result = await store.commit(partition, calls, commit);
        assert.equal(result.status, expected.status, "status");
        // Of several conditions that fail, which one is named is the engine's choice.
        if (result.status === "conflict") assert.ok(failing.includes(result.sort), "what is named failed");
        await agree(history, partition);
      },
      toString: () => call("commit", partition, ops.map(toText), given({ once, onceTtl })),
    }));
}
