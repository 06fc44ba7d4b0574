// Numbers in words: every figure on the page is written by one of these.

const MINUS = '\u2212';
const grouped = new Intl.NumberFormat('en-US');

/** A whole number with thousands separators. */
export const count = (n) => grouped.format(n);

/** A count with its noun: `1 passage`, `360 passages`. */
export const counted = (n, one, many = `${one}s`) => `${count(n)} ${n === 1 ? one : many}`;

/** A figure with three digits. */
export const fixed = (x, digits = 3) => x.toFixed(digits).replace('-', MINUS);

/** A change with its sign; what rounds to nothing has none. */
export function signed(x, digits = 3) {
  const text = Math.abs(x).toFixed(digits);
  if (Number(text) === 0) return text;
  return (x > 0 ? '+' : MINUS) + text;
}

/** A share of one as a whole percentage. */
export const percent = (share) => `${Math.round(share * 100)} %`;

/** `p = 0.03`, `p < 0.001`; never `p = 0`. */
export function pValue(p) {
  if (p < 0.001) return 'p < 0.001';
  return `p = ${p.toFixed(p < 0.1 ? 3 : 2)}`;
}

/** Bytes in the unit that fits. */
export function bytes(n) {
  if (n < 1024) return `${n} B`;
  if (n < 1024 * 1024) return `${Math.round(n / 1024)} KB`;
  if (n < 1024 ** 3) return `${(n / 1024 ** 2).toFixed(1)} MB`;
  return `${(n / 1024 ** 3).toFixed(1)} GB`;
}

/** A time that has been or will be waited. */
export function duration(seconds) {
  if (seconds < 1) return 'under 1 s';
  if (seconds < 100) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${(minutes / 60).toFixed(1)} h`;
}

/** A rough time, for what has not been measured yet. */
export function roughDuration(seconds) {
  if (seconds < 10) return 'under 10 s';
  if (seconds < 100) return `about ${Math.round(seconds / 10) * 10} s`;
  return `about ${duration(seconds)}`;
}
