// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title What solhint must find
contract CarelessOrigin {
    /// @notice Pays whoever says it is the first in the line of callers, and does not look whether that worked.
    function pay(address to) external {
        if (tx.origin == to) to.call{value: 1}("");
    }
}
