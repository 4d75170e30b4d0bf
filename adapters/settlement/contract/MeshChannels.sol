// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {PullCredit} from "./PullCredit.sol";

/// @title Payment channels between neighbours of a mesh
/// @notice A channel holds the deposits of two parties, a < b, in one token. Off the chain each party signs one growing total
/// to the other: cumAB is signed by a alone, cumBA by b alone. At the close a gets
///     depositA + cumBA - cumAB - outA, but at least nothing and at most what the channel still holds;
/// b gets the rest. Every amount here is a total over the channel's life, so that what is sent twice pays once.
/// @dev Nobody owns, upgrades or pauses this. Signatures are EIP-712, in the compact form of EIP-2098.
contract MeshChannels is EIP712("MeshChannels", "1"), PullCredit {
    using SafeERC20 for IERC20;

    /// @dev Closed is for ever: the id of a closed channel is never opened again.
    enum Status { None, Open, Closing, Closed }
    /// @dev Six slots; what is read or written together lies together. No token means ether.
    struct Channel {
        address a; uint40 notice; uint40 closeAt; Status status;
        address b;
        address token;
        uint128 depositA; uint128 depositB;
        uint128 cumAB; uint128 cumBA;
        uint128 outA; uint128 outB;
    }

    /// @notice The longest notice, in seconds: nobody can be made to wait longer for its money.
    uint40 public constant NOTICE_LIMIT = 30 days;

    bytes32 private constant VOUCHER = keccak256("Voucher(bytes32 channelId,uint128 cumulative)");
    bytes32 private constant WITHDRAW = keccak256("Withdraw(bytes32 channelId,address party,uint128 totalOut)");
    bytes32 private constant FINAL = keccak256("Final(bytes32 channelId,uint128 cumAB,uint128 cumBA)");

    mapping(bytes32 id => Channel) private _channels;

    event Opened(bytes32 indexed id, address indexed a, address indexed b, address token, uint40 notice, bytes32 salt);
    event Deposited(bytes32 indexed id, address indexed party, uint128 total);
    event Registered(bytes32 indexed id, address indexed payer, uint128 cumulative);
    event Withdrawn(bytes32 indexed id, address indexed party, uint128 totalOut);
    event CloseStarted(bytes32 indexed id, address indexed by, uint40 closeAt);
    event Closed(bytes32 indexed id, uint128 cumAB, uint128 cumBA, uint256 paidA, uint256 paidB);

    error NoPair(address a, address b);
    error NoticeOutOfRange(uint40 found, uint40 limit);
    error WrongStatus(Status found);
    error NotAParty(address found);
    error WrongSigner(address found, address expected);
    error DepositNotAbove(uint128 found, uint128 deposited);
    error WrongValue(uint256 found, uint256 expected);
    error WrongReceipt(uint256 received, uint256 expected);
    error BeyondBalance(uint256 found, uint256 balance);
    error TooEarly(uint40 closeAt);

    /// @notice Opens a channel with a peer, and deposits `total` into it unless that is 0.
    /// @param token The token's address; 0 for ether, of which exactly `total` must come along.
    /// @param notice Seconds between startClose and finish: 1 to NOTICE_LIMIT.
    /// @param salt Tells channels of the same two parties, token and notice apart.
    function open(address peer, address token, uint40 notice, bytes32 salt, uint128 total)
        external payable nonReentrant returns (bytes32 id)
    {
        (address a, address b) = msg.sender < peer ? (msg.sender, peer) : (peer, msg.sender);
        if (a == b || a == address(0)) revert NoPair(a, b);
        if (notice == 0 || notice > NOTICE_LIMIT) revert NoticeOutOfRange(notice, NOTICE_LIMIT);
        id = channelId(a, b, token, notice, salt);
        Channel storage c = _channels[id];
        if (c.status != Status.None) revert WrongStatus(c.status);
        (c.a, c.notice, c.status, c.b) = (a, notice, Status.Open, b);
        if (token != address(0)) c.token = token;
        emit Opened(id, a, b, token, notice, salt);
        if (total != 0) _deposit(c, id, msg.sender == a, token, total);
        else if (msg.value != 0) revert WrongValue(msg.value, 0);
    }

    /// @notice Raises what the caller has deposited in all to `total`. Exactly the difference must come along, or be allowed.
    function setDeposit(bytes32 id, uint128 total) external payable nonReentrant {
        Channel storage c = _channels[id];
        if (c.status != Status.Open) revert WrongStatus(c.status);
        _deposit(c, id, _isA(c, msg.sender), c.token, total);
    }

    /// @notice Makes a voucher count. Anybody may bring it, until the channel is closed; a stale one changes nothing.
    function register(bytes32 id, uint128 cumulative, bytes32 r, bytes32 vs) external {
        Channel storage c = _unclosed(id);
        address payer = ECDSA.recover(_hashTypedDataV4(keccak256(abi.encode(VOUCHER, id, cumulative))), r, vs);
        bool isA = _isA(c, payer);
        if (cumulative <= (isA ? c.cumAB : c.cumBA)) return;
        if (isA) c.cumAB = cumulative;
        else c.cumBA = cumulative;
        emit Registered(id, payer, cumulative);
    }

    /// @notice Pays out to a party until it has had `totalOut` in all, which its peer signed. A stale one changes nothing.
    function withdraw(bytes32 id, address party, uint128 totalOut, bytes32 r, bytes32 vs) external nonReentrant {
        Channel storage c = _unclosed(id);
        bool isA = _isA(c, party);
        _check(keccak256(abi.encode(WITHDRAW, id, party, totalOut)), r, vs, isA ? c.b : c.a);
        uint128 before = isA ? c.outA : c.outB;
        if (totalOut <= before) return;
        (, , uint256 ofA, uint256 ofB) = _counted(c);
        (uint256 amount, uint256 balance) = (totalOut - before, isA ? ofA : ofB);
        if (amount > balance) revert BeyondBalance(amount, balance);
        if (isA) c.outA = totalOut;
        else c.outB = totalOut;
        emit Withdrawn(id, party, totalOut);
        _pay(c.token, party, amount);
    }

    /// @notice Gives notice: from now on nothing is deposited, and when it is over anybody may finish.
    function startClose(bytes32 id) external {
        Channel storage c = _channels[id];
        if (c.status != Status.Open) revert WrongStatus(c.status);
        _isA(c, msg.sender);
        uint40 closeAt = uint40(block.timestamp) + c.notice;
        (c.closeAt, c.status) = (closeAt, Status.Closing);
        emit CloseStarted(id, msg.sender, closeAt);
    }

    /// @notice Closes a channel whose notice is over, by what has been registered.
    function finish(bytes32 id) external nonReentrant {
        Channel storage c = _channels[id];
        if (c.status != Status.Closing) revert WrongStatus(c.status);
        if (block.timestamp < c.closeAt) revert TooEarly(c.closeAt);
        _close(c, id);
    }

    /// @notice Closes at once, by totals that both parties signed. A higher total that was registered counts instead.
    function closeTogether(bytes32 id, uint128 cumAB, uint128 cumBA, bytes32 rA, bytes32 vsA, bytes32 rB, bytes32 vsB)
        external nonReentrant
    {
        Channel storage c = _unclosed(id);
        bytes32 text = keccak256(abi.encode(FINAL, id, cumAB, cumBA));
        _check(text, rA, vsA, c.a);
        _check(text, rB, vsB, c.b);
        if (cumAB > c.cumAB) c.cumAB = cumAB;
        if (cumBA > c.cumBA) c.cumBA = cumBA;
        _close(c, id);
    }

    /// @notice All that is stored of a channel: of a closed one only its status.
    function channel(bytes32 id) external view returns (Channel memory) { return _channels[id]; }
    /// @notice The id of a channel between a < b, opened or not. It names no block, so it survives reorganisations.
    function channelId(address a, address b, address token, uint40 notice, bytes32 salt) public view returns (bytes32) {
        return keccak256(abi.encode(block.chainid, address(this), a, b, token, notice, salt));
    }

    function _deposit(Channel storage c, bytes32 id, bool isA, address token, uint128 total) private {
        uint128 before = isA ? c.depositA : c.depositB;
        if (total <= before) revert DepositNotAbove(total, before);
        (uint256 amount, bool isEther) = (total - before, token == address(0));
        if (msg.value != (isEther ? amount : 0)) revert WrongValue(msg.value, isEther ? amount : 0);
        if (isA) c.depositA = total;
        else c.depositB = total;
        emit Deposited(id, msg.sender, total);
        if (isEther) return;
        uint256 held = IERC20(token).balanceOf(address(this));
        IERC20(token).safeTransferFrom(msg.sender, address(this), amount);
        uint256 received = IERC20(token).balanceOf(address(this)) - held;
        if (received != amount) revert WrongReceipt(received, amount);
    }

    function _close(Channel storage c, bytes32 id) private {
        (uint256 cumAB, uint256 cumBA, uint256 ofA, uint256 ofB) = _counted(c);
        (address a, address b, address token) = (c.a, c.b, c.token);
        emit Closed(id, uint128(cumAB), uint128(cumBA), ofA, ofB);
        delete _channels[id];
        c.status = Status.Closed;
        _pay(token, a, ofA);
        _pay(token, b, ofB);
    }

    /// @dev What a party signed counts as far as it has that: beyond, nothing was paid. At most one of the two is cut, and
    /// nobody took out more than it had, so that nothing falls below 0. The parts sum up to what the channel holds.
    function _counted(Channel storage c) private view returns (uint256 cumAB, uint256 cumBA, uint256 ofA, uint256 ofB) {
        (cumAB, cumBA) = (c.cumAB, c.cumBA);
        (uint256 hasA, uint256 hasB) = (c.depositA + cumBA - c.outA, c.depositB + cumAB - c.outB);
        if (cumAB > hasA) (cumAB, hasB) = (hasA, hasB - (cumAB - hasA));
        else if (cumBA > hasB) (cumBA, hasA) = (hasB, hasA - (cumBA - hasB));
        (ofA, ofB) = (hasA - cumAB, hasB - cumBA);
    }

    function _unclosed(bytes32 id) private view returns (Channel storage c) {
        c = _channels[id];
        if (c.status != Status.Open && c.status != Status.Closing) revert WrongStatus(c.status);
    }

    function _isA(Channel storage c, address party) private view returns (bool isA) {
        isA = party == c.a;
        if (!isA && party != c.b) revert NotAParty(party);
    }

    function _check(bytes32 text, bytes32 r, bytes32 vs, address expected) private view {
        address found = ECDSA.recover(_hashTypedDataV4(text), r, vs);
        if (found != expected) revert WrongSigner(found, expected);
    }
}
