import type { RpcEndpoint } from "#adapters/settlement/chain/rpc-endpoint.ts";
import { RpcError } from "#adapters/settlement/chain/rpc-error.ts";

/** What an endpoint does beside its work. Each question is asked before it is passed on. */
export interface Faults {
  /** Called with each method; what it throws is the answer. */
  before?: (method: string, params: readonly unknown[]) => void;
  /** Called with each answer; what it returns is told instead. */
  after?: (method: string, answer: unknown, params: readonly unknown[]) => unknown;
}

/** A real endpoint with faults that a test may change while it runs. */
export function faultyEndpoint(real: RpcEndpoint, name: string, faults: Faults): RpcEndpoint {
  return {
    name,
    call: async (method, params) => {
      faults.before?.(method, params);
      const answer = await real.call(method, params);
      return faults.after === undefined ? answer : faults.after(method, answer, params);
    },
  };
}

/** As an endpoint that is away. */
export function away(): never {
  throw new RpcError("unreachable", "cannot be reached (ECONNREFUSED)");
}

/** The fee cap that raw bytes of a transaction of ours carry. */
export type FeeReader = (raw: string) => {
  readonly nonce: number;
  readonly cap: bigint;
  readonly tip: bigint;
};

/**
 * The rule of real nodes that development chains lack: a transaction takes the place of one with the
 * same number only where it offers a tenth more of both fees.
 */
export function tenthMoreRule(read: FeeReader): {
  before: NonNullable<Faults["before"]>;
  refused: number;
} {
  const best = new Map<
    number,
    { readonly cap: bigint; readonly tip: bigint; readonly raw: string }
  >();
  const rule = {
    refused: 0,
    before: (method: string, params: readonly unknown[]): void => {
      if (method !== "eth_sendRawTransaction") return;
      const raw = String(params[0]);
      const { nonce, cap, tip } = read(raw);
      const old = best.get(nonce);
      if (old?.raw === raw) throw new RpcError("refused", "already known");
      if (old !== undefined && (cap * 10n < old.cap * 11n || tip * 10n < old.tip * 11n)) {
        rule.refused += 1;
        throw new RpcError("refused", "replacement transaction underpriced");
      }
      best.set(nonce, { cap, tip, raw });
    },
  };
  return rule;
}
