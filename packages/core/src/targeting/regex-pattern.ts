/** Bounds time (states × text length) and memory; what `{m,n}` repeats counts each time. */
const MAX_STATES = 4000;

/** Asks about the code units on both sides of a position; -1 at the ends. */
type Test = (after: number, before: number) => boolean;

/** One state: it goes on where its test holds, or branches. `null` as a successor accepts. */
export interface State {
  id: number;
  test?: Test;
  /** Goes on behind the code unit that was tested. */
  consumes?: boolean;
  next: State | null;
  other?: State | null;
  /** The step in which it was last reached. */
  seen?: number;
}
/** Given what comes after it, the first state of a part of the pattern. */
type Fragment = (next: State | null) => State | null;

interface Cursor {
  /** What is left of the pattern. */
  rest: string;
  flags: string;
  size: number;
}

const QUANTIFIER = /^(?:([*+?])|\{(\d+)(,?)(\d*)\})\??/;
const GROUP = /^\((\?:|\?<[\w$]+>)?(?!\?)/;
/** What consumes one code unit: a class, an escape, or any other character. */
const ATOM = /^(\[(\\[^]|[^\\\]])*\]|\\(x[\da-f]{2}|u[\da-f]{4}|c[a-z]|0[0-7]{0,2}|[^\dk])|[^\\(])/i;
const LOOK = /^([$^]|\\b)/i;

function count(p: Cursor): number {
  if (++p.size > MAX_STATES) throw new RangeError();
  return p.size;
}

const grow = (p: Cursor, state: Omit<State, "id">): State => ({ ...state, id: count(p) });

/** What a pattern finds at the start of the rest, taken off it. */
function take(p: Cursor, pattern: RegExp): RegExpExecArray | null {
  const found = pattern.exec(p.rest);
  if (found) p.rest = p.rest.slice(found[0].length);
  return found;
}

/** On one code unit the platform's own matcher cannot back-track, and it knows every class and case rule. */
const single = (source: string, flags: string): Test => {
  const judge = new RegExp(`^${source}$`, flags);
  const known: boolean[] = [];
  return (code) => code >= 0 && (known[code] ??= judge.test(String.fromCharCode(code)));
};

export const isWord = (code: number): boolean => /\w/.test(String.fromCharCode(code));

const LOOKS: Readonly<Record<string, Test>> = {
  "^": (_, before) => before < 0,
  $: (after) => after < 0,
  "\\b": (after, before) => isWord(before) !== isWord(after),
  "\\B": (after, before) => isWord(before) === isWord(after),
};

function disjunction(p: Cursor): Fragment {
  const parts: Fragment[] = [];
  while (/^[^|)]/.test(p.rest)) parts.push(term(p));
  const sequence: Fragment = (next) => parts.reduceRight((tail, part) => part(tail), next);
  if (!take(p, /^\|/)) return sequence;
  const others = disjunction(p);
  return (next) => grow(p, { next: sequence(next), other: others(next) });
}

function term(p: Cursor): Fragment {
  const edge = take(p, LOOK);
  if (edge) return (next) => grow(p, { test: LOOKS[edge[0]] as Test, next });
  if (take(p, GROUP)) {
    const body = disjunction(p);
    take(p, /^\)/);
    return repeat(p, body);
  }
  const atom = take(p, ATOM);
  if (!atom) throw new TypeError();
  const test = single(atom[0], p.flags);
  return repeat(p, (next) => grow(p, { test, consumes: true, next }));
}

function repeat(p: Cursor, part: Fragment): Fragment {
  const found = take(p, QUANTIFIER);
  if (!found) return part;
  const [, sign, from, comma, to] = found;
  const min = Number(sign ? sign === "+" : from);
  const max = sign ? (sign === "?" ? 1 : Infinity) : to ? Number(to) : comma ? Infinity : min;
  return (next) => {
    let tail = next;
    if (max === Infinity) {
      const loop = grow(p, { next: null, other: next });
      loop.next = part(loop);
      tail = loop;
    } else {
      for (let i = min; i < max; i++) tail = grow(p, { next: part(tail), other: next });
    }
    for (let i = 0; i < min; i++) {
      // Counted, so that repeating what consumes nothing is bounded too.
      count(p);
      tail = part(tail);
    }
    return tail;
  };
}

/**
 * Parses a pattern to the first state of its automaton (null: it accepts at once). The platform says whether it is a regular
 * expression at all, which is linear, for nothing is matched yet; so the parser meets only right ones.
 *
 * @throws SyntaxError: no regular expression. TypeError: it looks around or back. RangeError: its automaton would be too large.
 */
export function parseRegex(pattern: string, insensitive: boolean): State | null {
  const flags = insensitive ? "i" : "";
  new RegExp(pattern, flags);
  return disjunction({ rest: pattern, flags, size: 0 })(null);
}
