export interface AccuracyReport {
  /** What the interactions had to tell. */
  expected: number;
  /** Of that, what is at the server exactly once and with right values. */
  right: number;
  /** `right / expected`. */
  share: number;
  /** Keys of what did not arrive, and of what arrived though it did not happen or twice. */
  missing: string[];
  surplus: string[];
  /** Clicks and page views are in the order in which they happened. */
  inOrder: boolean;
  /** How many events are stored, by name and in all. */
  events: number;
  byName: Readonly<Record<string, number>>;
  interactions: number;
  /** The longest task of the page's main thread, loads of documents included, in ms of the thread's own time. */
  longestTask: number;
  /** Durations of the page's tasks of more than 50 ms by the clock, which a busy machine makes long. */
  longTasks: number[];
  /** Where the library's scripts took most of a frame of more than 50 ms: how long by the clock, ms, and which; 0 where they took part in none. */
  ownLongest: { ours: number; what: string[] };
  pageErrors: string[];
  /** What is not as it must be, in words; empty where all is. */
  problems: string[];
  seed: number;
}

export function accuracy(options: {
  interactions: number;
  seed?: number;
  isQuick?: boolean;
  chromiumPath?: string;
  onProgress?: (text: string) => void;
}): Promise<AccuracyReport>;

export interface CaptureCost {
  listeners: Readonly<Record<string, number>>;
  inARow: Readonly<Record<string, number>>;
  script: number;
  tasks: number;
  problems: string[];
}

export function captureCost(options: { clicks: number; chromiumPath?: string }): Promise<CaptureCost>;
