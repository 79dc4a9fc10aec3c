import { type ArrivalState, FIGURES, type Figures, STATE_VERSION, type VisitorState } from "./types.js";

/** A session of whose coming nothing is known yet. */
export const unknownArrival = (): ArrivalState => ({
  landing: null,
  referrer: null,
  referrerKind: "direct",
  campaign: null,
});

const none = { labels: [], counts: [] };

/** A visitor of whom no event is known. */
export const initialState = (): VisitorState => ({
  v: STATE_VERSION,
  firstSeenAt: 0,
  lastSeenAt: 0,
  sessions: 0,
  session: null,
  learned: {
    visitor: { device: null, language: null, country: null },
    arrival: unknownArrival(),
    trail: [],
    figures: new Array<number>(FIGURES).fill(0) as Figures,
    categories: none,
    brands: none,
    recentCategory: null,
  },
});
