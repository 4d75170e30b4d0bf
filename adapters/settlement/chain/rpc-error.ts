/** How asking an endpoint of a chain went wrong. */
export type RpcProblem =
  /** Nobody answered: refused, unknown name, cut off. */
  | "unreachable"
  | "too slow"
  /** An answer that is no JSON-RPC: HTML, half a text, another id. */
  | "malformed"
  | "too long"
  /** It asks us to come later (HTTP 429). */
  | "busy"
  /** It answered with an error of its own: `code` and `data` are its words. */
  | "refused";

/** An endpoint did not answer as it should. Says which, without what may be a secret in its URL. */
export class RpcError extends Error {
  override readonly name = "RpcError";
  readonly problem: RpcProblem;
  /** JSON-RPC's code, where it refused. */
  readonly code: number | undefined;
  /** What a reverted call returned, in hexadecimal. */
  readonly data: string | undefined;

  constructor(problem: RpcProblem, words: string, code?: number, data?: string) {
    super(words);
    this.problem = problem;
    this.code = code;
    this.data = data;
  }
}
