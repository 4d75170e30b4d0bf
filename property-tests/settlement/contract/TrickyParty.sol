// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice Code that a party may put at its own address (EIP-7702), to be run by whoever pays it.
contract TrickyParty {
    /// @dev In this order: takes what it gets; reverts; burns all gas; reverts with a long text; calls others back.
    enum Trick { Takes, Reverts, Burns, Shouts, Calls }

    /// @notice Each call that was tried, and how it ended.
    event Tried(bytes4 selector, bool done, bytes4 why);

    Trick private _trick;
    address private _target;
    bytes[] private _calls;

    receive() external payable { _act(); }

    function play(Trick trick, address target, bytes[] calldata calls) external {
        (_trick, _target, _calls) = (trick, target, calls);
    }

    /// @notice A token tells that it moves.
    function moving() external { _act(); }

    function _act() private {
        require(_trick != Trick.Reverts, "no");
        while (_trick == Trick.Burns) {}
        if (_trick == Trick.Shouts) assembly { revert(0, 100000) }
        if (_trick != Trick.Calls) return;
        for (uint256 i = 0; i < _calls.length; i++) {
            bytes memory data = _calls[i];
            (bool done, bytes memory answer) = _target.call(data);
            emit Tried(bytes4(data), done, bytes4(answer));
        }
    }
}
