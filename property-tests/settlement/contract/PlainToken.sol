// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @notice OpenZeppelin's token as it is, with a mint that anybody may use.
contract PlainToken is ERC20("Plain", "PLAIN") {
    function mint(address to, uint256 amount) external { _mint(to, amount); }
}
