/** Fraction bits of every logarithm here: a millionth of a doubling. */
export const fractionBits = 20n;

/** One doubling. */
export const oneDoubling = 1n << fractionBits;

/** Mantissas are in [1, 2) with so many bits behind the point. */
const mantissaBits = 32n;

/**
 * The logarithm of a number to base 2, in steps of 2^-20, rounded down by less than four steps. Whole
 * numbers only, so that every engine comes to the same; a larger number never has a smaller logarithm.
 * @throws RangeError below 1.
 */
export function log2(value: bigint): bigint {
  if (value < 1n) throw new RangeError(`only numbers from 1 have a logarithm here, found ${value}`);
  const exponent = BigInt(value.toString(2).length - 1);
  const shift = exponent - mantissaBits;
  let mantissa = shift > 0n ? value >> shift : value << -shift;
  let result = exponent << fractionBits;
  // Squaring doubles the logarithm: its next bit is whether that passes two.
  for (let bit = oneDoubling >> 1n; bit > 0n; bit >>= 1n) {
    mantissa = (mantissa * mantissa) >> mantissaBits;
    if (mantissa >> (mantissaBits + 1n) === 0n) continue;
    mantissa >>= 1n;
    result += bit;
  }
  return result;
}
