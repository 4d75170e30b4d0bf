/** Values of an axis that people like to read, from 0 to at least the highest value. */
export function ticks(highest: number, most: number): readonly number[] {
  if (!(highest > 0)) return [0, 1];
  const rough = highest / most;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 2.5, 5, 10].find((one) => one * power >= rough * 0.999) ?? 10) * power;
  const count = Math.ceil(highest / step - 1e-9);
  return Array.from({ length: count + 1 }, (_, i) => i * step);
}

/** A unit with the prefix that suits a value, and by how much values are divided then. */
export interface ScaledUnit {
  readonly unit: string;
  readonly divisor: number;
}

const prefixes = [
  [1e12, "T"],
  [1e9, "G"],
  [1e6, "M"],
  [1e3, "k"],
  [1, ""],
] as const;

/** Bits a second, or bytes, with a decimal prefix. */
export function scaledUnit(highest: number, unit: string): ScaledUnit {
  const [divisor, prefix] = prefixes.find(([size]) => highest >= size) ?? [1, ""];
  return { unit: `${prefix}${unit}`, divisor };
}

/** Tokens, or millionths of them where all amounts are below a thousandth. */
export function moneyUnit(highest: number, token: string): ScaledUnit {
  return highest > 0 && highest < 1e-3
    ? { unit: `µ${token}`, divisor: 1e-6 }
    : { unit: token, divisor: 1 };
}

/** A number with as many decimals as a step between ticks has, 6 at most. */
export function tickText(value: number, step: number): string {
  for (let decimals = 0; decimals < 6; decimals++) {
    if (Math.abs(step * 10 ** decimals - Math.round(step * 10 ** decimals)) < 1e-9) {
      return value.toFixed(decimals);
    }
  }
  return value.toFixed(6);
}

/** A value with three digits that matter. */
export function valueText(value: number): string {
  if (value === 0) return "0";
  if (Math.abs(value) >= 100) return value.toFixed(0);
  if (Math.abs(value) < 0.001) return value.toExponential(1);
  return String(Number(value.toPrecision(3)));
}
