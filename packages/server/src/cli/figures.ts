/** Five digits that count, without an exponent where that reads well. */
export function plain(value: number): string {
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size < 1e-4 || size >= 1e12) return value.toExponential(2);
  return value.toLocaleString("en-US", {
    maximumSignificantDigits: size >= 1e5 ? 21 : 5,
    maximumFractionDigits: size >= 1e5 ? 0 : 8,
  });
}

const digitsOf = (share: number): number => (Math.abs(share) < 0.0095 ? 3 : Math.abs(share) < 0.0995 ? 2 : 1);

export const percent = (share: number): string =>
  `${(share * 100).toFixed(digitsOf(share)).replace(/^-/, "−").replace(/\.0+$/, "")} %`;

export const signedPercent = (share: number): string => (share > 0 ? `+${percent(share)}` : percent(share));

/** A probability; 100 % and 0 % are said of nothing. */
export function chance(probability: number): string {
  if (probability > 0.9995) return "more than 99.9 %";
  if (probability < 0.0005) return "less than 0.1 %";
  return `${(probability * 100).toFixed(1)} %`;
}

/** A rate in percent, anything else as a number. */
export const valueOf =
  (isRate: boolean) =>
  (value: number): string =>
    isRate ? percent(value) : plain(value);

/** A difference: of rates in percentage points. */
export const signedValue =
  (isRate: boolean) =>
  (value: number): string => {
    const text = isRate ? `${percent(value).slice(0, -2)} pp` : plain(value).replace(/^-/, "−");
    return value > 0 ? `+${text}` : text;
  };
