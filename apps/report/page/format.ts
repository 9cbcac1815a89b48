/** Numbers as people read them. */

/** 1234567 as "1.23 M", in three digits. */
export function count(value: number): string {
  const units = ["", " k", " M", " G", " T"];
  let unit = 0;
  let scaled = value;
  while (Math.abs(scaled) >= 999.5 && unit < units.length - 1) {
    scaled /= 1000;
    unit++;
  }
  return unit === 0 && Number.isInteger(value) ? String(value) : digits(scaled) + units[unit];
}

/** 1234567 as "1,234,567". */
export function inFull(value: number): string {
  return value.toLocaleString("en-US");
}

/** Three significant digits, without an exponent in the ranges met here; a dash for what is not known. */
export function digits(value: number): string {
  if (!Number.isFinite(value)) return value === Infinity ? "∞" : "–";
  const size = Math.abs(value);
  if (size >= 100) return value.toFixed(0);
  if (size >= 10) return value.toFixed(1);
  return size >= 0.1 || size === 0 ? value.toFixed(2) : String(Number(value.toPrecision(2)));
}

/** A share in [0, 1] as per cent; a dash for what is not known. */
export function percent(share: number): string {
  if (!Number.isFinite(share)) return "– %";
  return `${share >= 0.1 ? (share * 100).toFixed(1) : (share * 100).toFixed(2)} %`;
}

/** Microseconds as seconds with two decimals. */
export function seconds(us: number): string {
  return (us / 1e6).toFixed(2);
}
