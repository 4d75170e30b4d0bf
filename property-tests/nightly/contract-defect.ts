/** A contract that is wrong in one place. */
export interface ContractDefect {
  readonly what: string;
  readonly source: "MeshChannels.sol" | "PullCredit.sol";
  /** What stands there once, and what is put in its place. */
  readonly right: string;
  readonly wrong: string;
}

const channels = "MeshChannels.sol";
const payouts = "PullCredit.sol";

const withdrawHead =
  "function withdraw(bytes32 id, address party, uint128 totalOut, bytes32 r, bytes32 vs) external";

/** One for each thing that a reader of the contract would look for. */
export const contractDefects: readonly ContractDefect[] = [
  {
    what: "a closed channel takes vouchers, withdrawals and another close",
    source: channels,
    right: "if (c.status != Status.Open && c.status != Status.Closing)",
    wrong: "if (c.status == Status.None)",
  },
  {
    what: "a closed id is opened again",
    source: channels,
    right: "if (c.status != Status.None) revert",
    wrong: "if (c.status != Status.None && c.status != Status.Closed) revert",
  },
  {
    what: "a party gets more than the channel holds",
    source: channels,
    right: "(cumBA, hasA) = (hasB, hasA - (cumBA - hasB));",
    wrong: "hasB = cumBA;",
  },
  {
    what: "what was taken out is not taken off",
    source: channels,
    right: "c.depositA + cumBA - c.outA,",
    wrong: "c.depositA + cumBA,",
  },
  {
    what: "more is told as settled than was paid",
    source: channels,
    right: "emit Closed(id, uint128(cumAB), uint128(cumBA), ofA, ofB);",
    wrong: "emit Closed(id, uint128(cumAB), cumBA < c.cumBA ? c.cumBA : uint128(cumBA), ofA, ofB);",
  },
  {
    what: "a withdrawal is paid twice",
    source: channels,
    right: "(uint256 amount, uint256 balance) = (totalOut - before,",
    wrong: "(uint256 amount, uint256 balance) = (totalOut,",
  },
  {
    what: "a withdrawal that is repeated says so again",
    source: channels,
    right: "if (totalOut <= before) return;",
    wrong: "if (totalOut < before) return;",
  },
  {
    what: "one unit more than the balance may be taken out",
    source: channels,
    right: "if (amount > balance) revert",
    wrong: "if (amount > balance + 1) revert",
  },
  {
    what: "a party permits itself",
    source: channels,
    right: "isA ? c.b : c.a);\n        uint128 before",
    wrong: "isA ? c.a : c.b);\n        uint128 before",
  },
  {
    what: "the last totals take back what was registered",
    source: channels,
    right: "if (cumAB > c.cumAB) c.cumAB = cumAB;",
    wrong: "c.cumAB = cumAB;",
  },
  {
    what: "a lower voucher counts",
    source: channels,
    right: "if (cumulative <= (isA ? c.cumAB : c.cumBA)) return;",
    wrong: "if (cumulative == (isA ? c.cumAB : c.cumBA)) return;",
  },
  {
    what: "a deposit that did not arrive counts",
    source: channels,
    right: "if (received != amount) revert",
    wrong: "if (received > amount) revert",
  },
  {
    what: "ether may come with a token",
    source: channels,
    right: "if (msg.value != (isEther ? amount : 0)) revert",
    wrong: "if (isEther && msg.value != amount) revert",
  },
  {
    what: "nobody waits for the notice",
    source: channels,
    right: "if (block.timestamp < c.closeAt) revert",
    wrong: "if (block.timestamp + 3 days < c.closeAt) revert",
  },
  {
    what: "the notice ends a second early",
    source: channels,
    right: "if (block.timestamp < c.closeAt) revert",
    wrong: "if (block.timestamp + 1 < c.closeAt) revert",
  },
  {
    what: "a closed channel keeps its numbers",
    source: channels,
    right: "        delete _channels[id];\n",
    wrong: "",
  },
  {
    what: "a withdrawal may be called back",
    source: channels,
    right: `${withdrawHead} nonReentrant`,
    wrong: withdrawHead,
  },
  {
    what: "a close may be called back",
    source: channels,
    right: "function finish(bytes32 id) external nonReentrant",
    wrong: "function finish(bytes32 id) external",
  },
  {
    what: "a deposit may be called back",
    source: channels,
    right: "function setDeposit(bytes32 id, uint128 total) external payable nonReentrant",
    wrong: "function setDeposit(bytes32 id, uint128 total) external payable",
  },
  {
    what: "a claim may be called back",
    source: payouts,
    right: "function claimCredit(address token, address owner) external nonReentrant",
    wrong: "function claimCredit(address token, address owner) external",
  },
  {
    what: "whoever pays for a transaction can starve a payout",
    source: payouts,
    right: "token == address(0) ? ETHER_GAS : TOKEN_GAS)",
    wrong: "gasleft() / 2)",
  },
  {
    what: "a payout may burn all the gas there is",
    source: payouts,
    right: "token == address(0) ? ETHER_GAS : TOKEN_GAS)",
    wrong: "gasleft())",
  },
  {
    what: "a second credit replaces the first",
    source: payouts,
    right: "uint256 owed = credit[token][to] + amount;",
    wrong: "uint256 owed = amount;",
  },
  {
    what: "a claimed credit stays",
    source: payouts,
    right: "        credit[token][owner] = 0;\n",
    wrong: "",
  },
  {
    what: "a claim that fails loses the credit",
    source: payouts,
    right:
      "if (!_send(token, owner, amount, gasleft())) revert CreditNotPaid(token, owner, amount);",
    wrong: "_send(token, owner, amount, gasleft());",
  },
  {
    what: "a token's false answer counts as paid",
    source: payouts,
    right: "size > 31 && word == 1",
    wrong: "size > 31 && word < 2",
  },
  {
    what: "any answer but none counts as yes",
    source: payouts,
    right: "size > 31 && word == 1",
    wrong: "word != 0",
  },
  {
    what: "a token that says nothing has not paid",
    source: payouts,
    right: "size == 0 ? token.code.length != 0 :",
    wrong: "size == 0 ? false :",
  },
];
