/** As many as differ by eye; names stand beside them in any case. */
const KINDS = 6;
export const kindOf = (index: number): string => `v${index % KINDS}`;

/** Which line is whose. */
export function Legend({ names, values }: { names: readonly string[]; values?: readonly string[] }) {
  return (
    <ul className="legend">
      {names.map((name, i) => (
        <li key={name}>
          <svg className={kindOf(i)} viewBox="0 0 24 8" aria-hidden="true">
            <line className="curve" x1="1" x2="23" y1="4" y2="4" />
          </svg>
          {name} {values && <strong>{values[i]}</strong>}
        </li>
      ))}
    </ul>
  );
}
