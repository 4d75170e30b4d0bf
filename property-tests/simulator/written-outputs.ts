import { canonical, type Field } from "#core/identity/canonical-writer.ts";
import type { Output } from "#core/node/output.ts";

/**
 * What outputs make the shell do, as bytes of numbers and of what is sent. Without names of fields and
 * kinds: those are constants of the program, whose letters nothing depends on but such a text.
 */
export function writtenOutputs(outputs: readonly Output[]): Uint8Array {
  return canonical(outputs.map(outputForm));
}

function outputForm(output: Output): Field {
  switch (output.type) {
    case "Send":
      return [1, output.neighbour, output.bytes];
    case "Quota":
      return [2, output.neighbour, output.class, output.generation, output.limit];
    case "Gate":
      return [3, output.neighbour, output.class, output.generation, output.limit];
    case "Standing":
      return [4, output.neighbour, output.standing === "open" ? 1 : 0];
    case "Alarm":
      return [5, output.neighbour];
  }
}
