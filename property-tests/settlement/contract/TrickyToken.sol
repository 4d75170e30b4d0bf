// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @notice A token that anybody may mint, honest until told otherwise. What it does to transfers, tokens in the field do.
contract TrickyToken is ERC20("Tricky", "TRICK") {
    /// @dev In this order: as the standard says; returns nothing; moves nothing and returns false; returns false after all;
    /// keeps a hundredth; takes a hundredth more from the sender; refuses; burns all gas; refuses at length; calls
    /// the sender before and the receiver after; says 2.
    enum Trick { Honest, Silent, False, FalseAfterAll, Fee, Surcharge, Refuses, Burns, Shouts, Calls, SaysTwo }

    /// @notice What is done to transfers from or to these addresses.
    mapping(address party => Trick trick) public tricks;

    function mint(address to, uint256 amount) external { _mint(to, amount); }

    function burn(address from, uint256 amount) external { _burn(from, amount); }

    function play(address party, Trick trick) external { tricks[party] = trick; }

    function transfer(address to, uint256 amount) public override returns (bool) {
        return _moved(_msgSender(), to, amount);
    }

    function transferFrom(address from, address to, uint256 amount) public override returns (bool) {
        _spendAllowance(from, _msgSender(), amount);
        return _moved(from, to, amount);
    }

    function _moved(address from, address to, uint256 amount) private returns (bool) {
        Trick trick = tricks[from] == Trick.Honest ? tricks[to] : tricks[from];
        if (trick == Trick.False) return false;
        require(trick != Trick.Refuses, "on a list");
        while (trick == Trick.Burns) {}
        if (trick == Trick.Shouts) assembly { revert(0, 100000) }
        // Hooks as ERC-777 has them.
        if (tricks[from] == Trick.Calls) Hooked(from).moving();
        _transfer(from, to, trick == Trick.Fee ? amount - amount / 100 : amount);
        if (trick == Trick.Fee || trick == Trick.Surcharge) _burn(from, amount / 100);
        if (tricks[to] == Trick.Calls) Hooked(to).moving();
        if (trick == Trick.Silent) assembly { return(0, 0) }
        if (trick == Trick.SaysTwo) assembly { mstore(0, 2) return(0, 32) }
        return trick != Trick.FalseAfterAll;
    }
}

interface Hooked { function moving() external; }
