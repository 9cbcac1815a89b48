/** Numbers of event recordings as a person reads them. */

/** Microseconds in the unit that fits, to four digits. */
export function microseconds(us: number): string {
  if (us === 0) return "0 s";
  if (us < 1e3) return `${digits(us)} µs`;
  if (us < 1e6) return `${digits(us / 1e3)} ms`;
  return us < 600e6 ? `${digits(us / 1e6)} s` : `${digits(us / 60e6)} min`;
}

/** A whole number with its thousands apart. */
export function grouped(value: number): string {
  return value.toLocaleString("en-US");
}

function digits(value: number): string {
  return String(Number(value.toPrecision(4)));
}
