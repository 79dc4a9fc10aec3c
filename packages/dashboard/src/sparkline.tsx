/** Values over time as an area; the newest at the right edge. */
export function Sparkline({
  values,
  capacity,
  label,
}: {
  values: readonly number[];
  capacity: number;
  label: string;
}) {
  const width = 600;
  const height = 120;
  const top = Math.max(1, ...values) * 1.1;
  const x = (index: number): number => width - ((values.length - 1 - index) / (capacity - 1)) * width;
  const y = (value: number): number => height - (value / top) * height;
  const line = values
    .map((value, index) => `${index === 0 ? "M" : "L"}${x(index).toFixed(1)} ${y(value).toFixed(1)}`)
    .join(" ");
  return (
    <svg
      className="spark"
      viewBox={`0 0 ${width} ${height}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
    >
      {values.length > 1 && (
        <>
          <path className="spark-area" d={`${line} L${width} ${height} L${x(0).toFixed(1)} ${height} Z`} />
          <path className="spark-line" d={line} />
        </>
      )}
    </svg>
  );
}
