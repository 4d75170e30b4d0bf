import { resolve } from "node:path";
import { newQuickJSWASMModule, type QuickJSContext, type QuickJSHandle } from "quickjs-emscripten";
import { rolldown } from "rolldown";

/** What the whole engine, the bundle and its data may take: a small part of a 128 MB router. */
export const memoryLimitBytes = 16 * 1024 * 1024;

/** The stack of the engine. Recursion that needs more would fail on small machines. */
export const stackLimitBytes = 512 * 1024;

/** An entry module has one export, `run`: text in, text out, nothing else. */
export interface EntryModule {
  readonly run: (inputText: string) => string;
}

/**
 * Runs an entry module in QuickJS, an engine with neither Node nor a browser around it: no clock
 * but its own, no timers, no TextEncoder, no console, no crypto. What needs any of them fails.
 * @param entryModulePath a TypeScript file that exports `run`; what it imports is bundled with it.
 * @throws Error with QuickJS's own words and stack where the module does; and where all of it together
 * took more than {@link memoryLimitBytes}.
 */
export async function runInQuickJs(entryModulePath: string, inputText: string): Promise<string> {
  return (await measuredInQuickJs(entryModulePath, inputText)).output;
}

/** What a module answered, and what it took. */
export interface MeasuredOutput {
  readonly output: string;
  /** Pages of memory that anything was ever written to: engine, stack, bundle and data; in bytes. */
  readonly touchedBytes: number;
}

/** The same, with what it took: in an engine of its own, whose memory was never used before. */
export async function measuredInQuickJs(
  entryModulePath: string,
  inputText: string,
): Promise<MeasuredOutput> {
  const code = await bundle(entryModulePath);
  const quickJs = await newQuickJSWASMModule();
  const runtime = quickJs.newRuntime();
  runtime.setMemoryLimit(memoryLimitBytes);
  runtime.setMaxStackSize(stackLimitBytes);
  const context = runtime.newContext();
  try {
    evaluate(context, code, "bundle.js");
    const input = context.newString(inputText);
    context.setProp(context.global, "inputText", input);
    input.dispose();
    const output = evaluate(context, "entry.run(inputText)", "run.js");
    const touchedBytes = touched(new Uint8Array(quickJs.getWasmMemory().buffer));
    // The engine's own limit counts large blocks only: this build cannot ask how large small ones are.
    if (touchedBytes > memoryLimitBytes) throw new Error(`QuickJS: it took ${touchedBytes} bytes`);
    return { output, touchedBytes };
  } finally {
    context.dispose();
    runtime.dispose();
  }
}

/** As an operating system counts memory: by pages, of which untouched ones cost nothing. */
const pageBytes = 4096;

function touched(memory: Uint8Array): number {
  let pages = 0;
  for (let at = 0; at < memory.length; at += pageBytes) {
    if (memory.subarray(at, at + pageBytes).some((byte) => byte !== 0)) pages += 1;
  }
  return pages * pageBytes;
}

/** Runs the same entry module in the engine of these tests, from its source. */
export async function runInNode(entryModulePath: string, inputText: string): Promise<string> {
  const entry: EntryModule = await import(resolve(entryModulePath));
  return entry.run(inputText);
}

/** One script that sets the global `entry` to the module's exports. */
async function bundle(entryModulePath: string): Promise<string> {
  const build = await rolldown({
    input: resolve(entryModulePath),
    platform: "neutral",
    onLog(level, log) {
      if (level === "warn") throw new Error(`the bundle is not whole: ${log.message}`);
    },
  });
  try {
    const { output } = await build.generate({ format: "iife", name: "entry", exports: "named" });
    return output[0].code;
  } finally {
    await build.close();
  }
}

/** The value of a script as text. */
function evaluate(context: QuickJSContext, code: string, name: string): string {
  const result = context.evalCode(code, name);
  if (result.error !== undefined) {
    throw new Error(`QuickJS: ${disposing(result.error, (it) => words(context.dump(it)))}`);
  }
  return disposing(result.value, (it) => context.getString(it));
}

function words(error: unknown): string {
  if (typeof error !== "object" || error === null || !("message" in error)) return String(error);
  return `${error.message}\n${"stack" in error ? error.stack : ""}`;
}

function disposing<T>(handle: QuickJSHandle, use: (handle: QuickJSHandle) => T): T {
  try {
    return use(handle);
  } finally {
    handle.dispose();
  }
}
