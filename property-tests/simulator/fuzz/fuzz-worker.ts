import { parentPort, workerData } from "node:worker_threads";
import { explore, together, unexplored } from "./exploration.ts";
import type { FuzzTask } from "./fuzz.ts";

/** A thread that explores every so-manieth seed until its time is up, and tells what it found. */
const { first, stride, end, milliseconds, choice } = workerData as FuzzTask;
const began = performance.now();
let all = unexplored;
for (let seed = first; seed < end && performance.now() - began < milliseconds; seed += stride) {
  all = together(all, explore({ ...choice, seed }));
}
parentPort?.postMessage(all);
