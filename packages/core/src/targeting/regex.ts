import { isWord, parseRegex } from "./regex-pattern.js";
import type { State } from "./regex-pattern.js";

/** Bound on the memory of remembered steps: their number and the states they lead to. */
const MAX_REMEMBERED = 20_000;
/** Sets of states up to this size are recognised when they come again. */
const MAX_KEYED = 64;

/** The states reached before a position, and what is known of the code unit before it: a state of the lazily built DFA. */
interface Position {
  states: readonly State[];
  before: number;
  /** By the code unit at the position (-1: the end): the next position, or true where the pattern has occurred. */
  to: Map<number, Position | true>;
}

/**
 * Compiles a pattern of JavaScript's regular expressions (without flags, or with `i`) to a test whether it occurs in a text.
 * Simulates Thompson's automaton on sets of states (K. Thompson, CACM 11(6), 1968) and remembers steps it has seen, as RE2 does:
 * O(text × states), whatever the pattern. Look-around and back-references (`\1` to `\9`, `\k`) are not covered.
 *
 * @throws SyntaxError: no regular expression. TypeError: it looks around or back. RangeError: its automaton would be too large.
 */
export function compileRegex(pattern: string, insensitive = false): (text: string) => boolean {
  const root = parseRegex(pattern, insensitive);
  const start: Position = { states: [], before: -1, to: new Map() };
  let positions = new Map<string, Position>();
  let remembered = 0;
  let turn = 0;

  /** The states that a code unit leads to, or true where the pattern has occurred. */
  const advance = ({ states, before }: Position, code: number): State[] | true => {
    const ahead: State[] = [];
    const here = [...states, root];
    turn++;
    for (let state = here.pop(); state !== undefined; state = here.pop()) {
      if (state === null) return true;
      if (state.seen === turn) continue;
      state.seen = turn;
      if (!state.test) here.push(state.other as State | null, state.next);
      else if (state.test(code, before)) {
        if (!state.next) return true;
        (state.consumes ? ahead : here).push(state.next);
      }
    }
    return ahead;
  };

  const step = (from: Position, code: number): Position | true => {
    if (remembered > MAX_REMEMBERED) {
      remembered = 0;
      positions = new Map();
      start.to.clear();
    }
    const states = advance(from, code);
    let next: Position | true = true;
    if (states !== true) {
      const before = isWord(code) ? 97 : 32;
      // Large sets seldom come again, and their keys would cost more than the step.
      const key = states.length < MAX_KEYED ? `${states.map(({ id }) => id)},${before}` : "";
      next = positions.get(key) ?? { states, before, to: new Map() };
      if (key) positions.set(key, next);
      remembered += states.length;
    }
    remembered++;
    from.to.set(code, next);
    return next;
  };

  return (text) => {
    let here = start;
    for (let i = 0; i <= text.length; i++) {
      const code = i < text.length ? text.charCodeAt(i) : -1;
      const next = here.to.get(code) ?? step(here, code);
      if (next === true) return true;
      here = next;
    }
    return false;
  };
}
