// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @title Play money for a chain that lasts as long as a demonstration
/// @notice OpenZeppelin's token with six decimals, of which anybody may make more. Never deploy it anywhere else.
contract DemoToken is ERC20("Demonstration", "DEMO") {
    function decimals() public pure override returns (uint8) { return 6; }
    function mint(address to, uint256 amount) external { _mint(to, amount); }
}
