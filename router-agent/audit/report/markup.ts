/** Text that may stand in HTML and SVG: names of nodes and directories come from strangers. */
export function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`).replace(control, "�");
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: XML allows none of these
const control = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/g;

/** A coordinate: as many digits as a screen shows. */
export function px(value: number): string {
  return Number.isFinite(value) ? String(Math.round(value * 10) / 10) : "0";
}
