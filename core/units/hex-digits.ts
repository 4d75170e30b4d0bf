/**
 * Whether a text has nothing but lower-case hexadecimal digits. Not by a regular expression: of two
 * programs that write the same one the engine keeps it once, and a bit flipped there flips for both.
 */
export function isHex(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    const isDigit = code >= 0x30 && code <= 0x39;
    if (!isDigit && (code < 0x61 || code > 0x66)) return false;
  }
  return true;
}
