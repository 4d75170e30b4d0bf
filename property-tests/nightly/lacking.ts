/** A part of the night cannot run here: a tool, a package or a right is missing. Says which. */
export class Lacking extends Error {
  override readonly name = "Lacking";
}
