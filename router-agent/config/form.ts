/** The token in which neighbours settle, and how finely billing divides it. */
export interface Token {
  /** What it is called in amounts, such as USDC. */
  readonly symbol: string;
  /** How many decimals one token has: USDC has 6, so its smallest unit is a millionth. */
  readonly decimals: number;
  /** How many grains the smallest unit of the token has. Both ends of a channel must agree. */
  readonly grainsPerUnit: bigint;
}

/** What became of a text: its value, or what would have been allowed. */
export type Parsed<A> =
  | { readonly ok: true; readonly value: A }
  | { readonly ok: false; readonly allowed: string };

/**
 * How a value stands in a configuration. For each value that `read` accepts, reading what `write`
 * makes of it gives the same value again: what is accepted can be printed.
 */
export interface Form<A> {
  read(text: string, token: Token): Parsed<A>;
  write(value: A, token: Token): string;
}

/** The longest text of one value, in characters. */
export const valueLimit = 300;

/** The value was understood. */
export function parsed<A>(value: A): Parsed<A> {
  return { ok: true, value };
}

/** The value was not understood; says what would have been. */
export function refused(allowed: string): Parsed<never> {
  return { ok: false, allowed };
}

/** A whole number in decimal digits, without sign or leading zero. */
export function wholeNumber(least: number, most: number): Form<number> {
  return {
    read: (text) => {
      const value = /^(0|[1-9][0-9]{0,14})$/.test(text) ? Number(text) : Number.NaN;
      if (value >= least && value <= most) return parsed(value);
      return refused(`a whole number from ${least} to ${most}`);
    },
    write: String,
  };
}

/** A whole number of any size below a limit. */
export function bigNumber(least: bigint, most: bigint): Form<bigint> {
  return {
    read: (text) => {
      const value = /^(0|[1-9][0-9]{0,79})$/.test(text) ? BigInt(text) : undefined;
      if (value !== undefined && value >= least && value <= most) return parsed(value);
      return refused(`a whole number from ${least} to ${most}`);
    },
    write: String,
  };
}

/** A text of a given pattern. @param allowed the pattern in words. */
export function word(pattern: RegExp, allowed: string): Form<string> {
  return {
    read: (text) => (pattern.test(text) ? parsed(text) : refused(allowed)),
    write: (value) => value,
  };
}

/** A switch. */
export const onOff: Form<boolean> = {
  read: (text) =>
    text === "on" || text === "off" ? parsed(text === "on") : refused("`on` or `off`"),
  write: (on) => (on ? "on" : "off"),
};

/** The path of a file or directory, from the root. */
export const path: Form<string> = {
  read: (text) => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
    if (/^\/[^\u0000-\u001f\u007f-\u009f\ufffd\p{Surrogate}]{1,254}$/u.test(text))
      return parsed(text);
    return refused("a path from the root, at most 255 characters, no control characters");
  },
  write: (value) => value,
};
