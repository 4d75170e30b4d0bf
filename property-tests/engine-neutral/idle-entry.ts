/** Does nothing: what is left is the engine. */
export function run(inputText: string): string {
  return inputText;
}
