// What the victim's second node is made of, as a bundle of its own: see `memory-victim.ts`.
export { modelledProgram as program } from "../simulator/modelled-program.ts";
