/** Why nothing is known of a chain, or nothing is done on it. */
export type ChainProblem =
  /** Fewer than half of the endpoints answered: what the chain says is not known. */
  | "no quorum"
  /** Endpoints say different things of one block: none of them is believed. */
  | "disagreement"
  /** It is another chain than the configuration names. */
  | "wrong chain"
  /** At the contract's address lies nothing, or something else. */
  | "wrong contract"
  /** The token does not answer, or counts otherwise than the configuration says. */
  | "wrong token"
  /** Our account on the chain has not got what this costs, with the reserve for disputes. */
  | "not enough funds"
  /** The chain asks for higher fees than the cap, or than what is at stake. */
  | "too dear"
  /** The contract would refuse it now. */
  | "would be refused"
  /** More is on its way than may be at once. */
  | "too many pending"
  /** The file of what is on its way cannot be read or written. */
  | "outbox";

/** What went wrong between us and a chain. Traffic goes on within credit. */
export class ChainError extends Error {
  override readonly name = "ChainError";
  readonly problem: ChainProblem;

  constructor(problem: ChainProblem, words: string) {
    super(words);
    this.problem = problem;
  }
}
