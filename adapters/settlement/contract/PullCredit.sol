// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

/// @title Payouts that nobody can block
/// @notice A payout that fails, because its receiver reverts, burns gas or is on some token's black list, becomes credit that
/// anybody may send to its owner later. Whoever is paid in the same transaction gets its money all the same.
/// @dev Bookkeeping is done before the call out, here and in what inherits this.
abstract contract PullCredit is ReentrancyGuardTransient {
    /// @notice The gas that a payout in ether may burn. A wallet's receiving function needs far less.
    uint256 public constant ETHER_GAS = 50_000;
    /// @notice The gas that a payout in a token may burn. Tokens behind proxies need up to half of it.
    uint256 public constant TOKEN_GAS = 200_000;

    /// @notice What could not be paid out. No token means ether.
    mapping(address token => mapping(address owner => uint256 amount)) public credit;

    /// @notice The credit of an owner is `amount` from now on.
    event CreditChanged(address indexed token, address indexed owner, uint256 amount);

    /// @notice The payout failed again; the credit stays.
    error CreditNotPaid(address token, address owner, uint256 amount);

    /// @notice Sends an owner its credit, with all the gas there is. Without credit it does nothing.
    function claimCredit(address token, address owner) external nonReentrant {
        uint256 amount = credit[token][owner];
        if (amount == 0) return;
        credit[token][owner] = 0;
        emit CreditChanged(token, owner, 0);
        if (!_send(token, owner, amount, gasleft())) revert CreditNotPaid(token, owner, amount);
    }

    /// @dev Whoever pays for the transaction cannot starve a payout into failing. A call that ran out of less than its limit
    /// was given 63 of 64 parts of all gas (EIP-150); what is left cannot store a credit, so everything is undone.
    function _pay(address token, address to, uint256 amount) internal {
        if (amount == 0) return;
        if (_send(token, to, amount, token == address(0) ? ETHER_GAS : TOKEN_GAS)) return;
        uint256 owed = credit[token][to] + amount;
        credit[token][to] = owed;
        emit CreditChanged(token, to, owed);
    }

    /// @dev A token has paid if it says so, or says nothing and exists (as SafeERC20 has it). Never reverts.
    function _send(address token, address to, uint256 amount, uint256 gasLimit) private returns (bool) {
        if (token == address(0)) {
            (bool received, , ) = _call(to, amount, "", gasLimit);
            return received;
        }
        bytes memory data = abi.encodeCall(IERC20.transfer, (to, amount));
        (bool ended, uint256 size, uint256 word) = _call(token, 0, data, gasLimit);
        return ended && (size == 0 ? token.code.length != 0 : size > 31 && word == 1);
    }

    /// @dev Copies one word of the answer at most: a long one costs whoever called nothing.
    function _call(address to, uint256 value, bytes memory data, uint256 gasLimit)
        private returns (bool ended, uint256 size, uint256 word)
    {
        assembly ("memory-safe") {
            ended := call(gasLimit, to, value, add(data, 32), mload(data), 0, 32)
            size := returndatasize()
            word := mload(0)
        }
    }
}
