import type { RollupStep } from "./rollup-history.js";

/**
 * Found by chance: a bucket that had just been made whole with what the series holds was overwritten by a commit that had read it before, and
 * what the series held was added a second time.
 */
export const FOUND: RollupStep[] = [
  {
    do: "sweep",
    fault: "none",
  },
  {
    do: "events",
    events: [
      {
        id: 3,
        visitor: 2,
        session: 2,
        name: 0,
        total: 1,
      },
      {
        id: 16,
        visitor: 0,
        session: null,
        name: 3,
        total: 3,
      },
      {
        id: 20,
        visitor: 3,
        session: 0,
        name: 3,
        total: 3,
      },
      {
        id: 23,
        visitor: 3,
        session: 2,
        name: 3,
        total: 2,
      },
    ],
  },
  {
    do: "events",
    events: [
      {
        id: 16,
        visitor: 3,
        session: 2,
        name: 1,
        total: 1,
      },
      {
        id: 24,
        visitor: 1,
        session: 0,
        name: 1,
        total: 2,
      },
      {
        id: 57,
        visitor: 3,
        session: 3,
        name: 1,
        total: 3,
      },
      {
        id: 18,
        visitor: 5,
        session: 2,
        name: 1,
        total: 2,
      },
    ],
  },
  {
    do: "wait",
    ms: 7387497,
  },
  {
    do: "events",
    events: [
      {
        id: 14,
        visitor: 5,
        session: 2,
        name: 1,
        total: 2,
      },
      {
        id: 53,
        visitor: 2,
        session: 1,
        name: 1,
        total: 1,
      },
      {
        id: 3,
        visitor: 4,
        session: null,
        name: 1,
        total: 2,
      },
      {
        id: 18,
        visitor: 5,
        session: 4,
        name: 0,
        total: 3,
      },
      {
        id: 0,
        visitor: 5,
        session: 4,
        name: 3,
        total: 1,
      },
    ],
  },
  {
    do: "work",
    writes: 11,
    edge: "after",
    fault: "unanswered",
  },
  {
    do: "events",
    events: [
      {
        id: 48,
        visitor: 4,
        session: 3,
        name: 3,
        total: 1,
      },
      {
        id: 43,
        visitor: 3,
        session: null,
        name: 3,
        total: 1,
      },
      {
        id: 41,
        visitor: 4,
        session: 4,
        name: 2,
        total: 3,
      },
      {
        id: 35,
        visitor: 2,
        session: 2,
        name: 0,
        total: 1,
      },
      {
        id: 3,
        visitor: 3,
        session: 2,
        name: 0,
        total: 2,
      },
    ],
  },
  {
    do: "events",
    events: [
      {
        id: 54,
        visitor: 0,
        session: 0,
        name: 2,
        total: 1,
      },
      {
        id: 51,
        visitor: 0,
        session: 0,
        name: 2,
        total: 1,
      },
      {
        id: 45,
        visitor: 0,
        session: null,
        name: 0,
        total: 2,
      },
      {
        id: 26,
        visitor: 3,
        session: 4,
        name: 0,
        total: 2,
      },
      {
        id: 45,
        visitor: 3,
        session: 4,
        name: 0,
        total: 2,
      },
    ],
  },
  {
    do: "events",
    events: [
      {
        id: 1,
        visitor: 4,
        session: 3,
        name: 1,
        total: 2,
      },
      {
        id: 24,
        visitor: 1,
        session: 3,
        name: 0,
        total: 2,
      },
      {
        id: 49,
        visitor: 2,
        session: null,
        name: 0,
        total: 2,
      },
    ],
  },
];
