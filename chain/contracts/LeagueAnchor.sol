// SPDX-License-Identifier: MIT
pragma solidity 0.8.28;

/// @title What a prediction league wants remembered: written once, by its operators, for anybody to check.
/// @notice Holds no money and decides nothing. A round's commitment is a Merkle root over every prediction that was
/// locked in; a settlement is the price, the outcome and one digest of the scores' root and the evidence; a board is
/// the root over a season's final ranks. Nothing can be written twice, changed or removed.
contract LeagueAnchor {
    struct Commitment {
        bytes32 roundId;
        bytes32 root;
        uint32 count;
        uint48 lockAt;
        uint48 closeAt;
    }

    struct Settlement {
        bytes32 id;
        int128 price;
        uint48 settledAt;
        uint8 status;
        bytes32 tail;
    }

    struct Board {
        bytes32 id;
        bytes32 root;
        uint32 count;
    }

    struct Prediction {
        bytes32 league;
        bytes32 round;
        bytes32 player;
        int256 p10;
        int256 p50;
        int256 p90;
        uint8 basis;
        uint32 revision;
        bytes32 payloadHash;
        bytes32 salt;
    }

    struct HeldCommitment {
        bytes32 root;
        uint32 count;
        uint48 lockAt;
        uint48 closeAt;
        uint48 anchoredAt;
    }

    struct HeldSettlement {
        bytes32 tail;
        int128 price;
        uint48 settledAt;
        uint8 status;
        uint48 anchoredAt;
    }

    struct HeldBoard {
        bytes32 root;
        uint32 count;
        uint48 anchoredAt;
    }

    /// One transaction carries no more than this.
    uint256 public constant MOST = 64;

    bytes32 private constant DOMAIN_TYPE =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
    bytes32 private constant DOMAIN_NAME = keccak256("AI vs Human Prediction League");
    bytes32 private constant DOMAIN_VERSION = keccak256("1");
    bytes32 private constant PREDICTION_TYPE =
        keccak256(
            "Prediction(bytes32 league,bytes32 round,bytes32 player,int256 p10,int256 p50,int256 p90,uint8 basis,uint32 revision,bytes32 payloadHash,bytes32 salt)"
        );

    mapping(bytes32 => HeldCommitment) public commits;
    mapping(bytes32 => HeldSettlement) public settlements;
    mapping(bytes32 => HeldBoard) public boards;
    mapping(address => bool) public operators;
    address public owner;
    address public pendingOwner;
    bool public paused;

    event Committed(bytes32 indexed roundId, bytes32 root, uint32 count, uint48 lockAt, uint48 closeAt);
    event Settled(bytes32 indexed id, int128 price, uint48 settledAt, uint8 status, bytes32 tail);
    event Published(bytes32 indexed id, bytes32 root, uint32 count);
    event OperatorChanged(address indexed operator, bool isOperator);
    event OwnershipOffered(address indexed from, address indexed to);
    event OwnershipTaken(address indexed from, address indexed to);
    event PauseChanged(address indexed by, bool isPaused);

    error Exists(bytes32 id);
    error NotOperator();
    error NotOwner();
    error IsPaused();
    error WrongSize(uint256 size);
    error Invalid(bytes32 id);

    modifier onlyOwner() {
        if (msg.sender != owner) revert NotOwner();
        _;
    }

    modifier whileRunning() {
        if (!operators[msg.sender]) revert NotOperator();
        if (paused) revert IsPaused();
        _;
    }

    /// @param operator The first account that may write; the deployer owns the contract.
    constructor(address operator) {
        owner = msg.sender;
        emit OwnershipTaken(address(0), msg.sender);
        _setOperator(operator, true);
    }

    // -- writing ---------------------------------------------------------------------------------

    function commitRound(Commitment calldata one) external whileRunning {
        _commit(one);
    }

    function commitRounds(Commitment[] calldata many) external whileRunning {
        _requireSize(many.length);
        for (uint256 i = 0; i < many.length; ++i) _commit(many[i]);
    }

    function settleRound(Settlement calldata one) external whileRunning {
        _settle(one);
    }

    function settleRounds(Settlement[] calldata many) external whileRunning {
        _requireSize(many.length);
        for (uint256 i = 0; i < many.length; ++i) _settle(many[i]);
    }

    function publishBoard(Board calldata one) external whileRunning {
        _publish(one);
    }

    function publishBoards(Board[] calldata many) external whileRunning {
        _requireSize(many.length);
        for (uint256 i = 0; i < many.length; ++i) _publish(many[i]);
    }

    // -- roles -----------------------------------------------------------------------------------

    function setOperator(address operator, bool isOperator) external onlyOwner {
        _setOperator(operator, isOperator);
    }

    /// @notice An operator or the owner stops all writing; only the owner lets it go on.
    function pause() external {
        if (!operators[msg.sender] && msg.sender != owner) revert NotOperator();
        paused = true;
        emit PauseChanged(msg.sender, true);
    }

    function unpause() external onlyOwner {
        paused = false;
        emit PauseChanged(msg.sender, false);
    }

    /// @notice The new owner has to take it: an address mistyped here owns nothing.
    function offerOwnership(address to) external onlyOwner {
        pendingOwner = to;
        emit OwnershipOffered(msg.sender, to);
    }

    function takeOwnership() external {
        if (msg.sender != pendingOwner) revert NotOwner();
        emit OwnershipTaken(owner, msg.sender);
        owner = msg.sender;
        pendingOwner = address(0);
    }

    // -- checking --------------------------------------------------------------------------------

    /// @notice Whether a commitment was anchored before the price it is about was known.
    function isOnTime(bytes32 roundId) external view returns (bool) {
        HeldCommitment storage held = commits[roundId];
        return held.anchoredAt != 0 && held.anchoredAt < held.closeAt;
    }

    /// @notice The EIP-712 digest of a prediction to this league: what is committed, and what a wallet signs.
    function predictionDigest(Prediction calldata one) public view returns (bytes32) {
        bytes32 domain = keccak256(
            abi.encode(DOMAIN_TYPE, DOMAIN_NAME, DOMAIN_VERSION, block.chainid, address(this))
        );
        bytes32 struct_ = keccak256(abi.encode(PREDICTION_TYPE, one));
        return keccak256(abi.encodePacked("\x19\x01", domain, struct_));
    }

    /// @notice Whether the prediction number `seq` of a round was committed with this digest.
    function verifyPrediction(bytes32 roundId, uint256 seq, bytes32 digest, bytes32[] calldata proof)
        external
        view
        returns (bool)
    {
        HeldCommitment storage held = commits[roundId];
        bytes32 leaf = keccak256(bytes.concat(keccak256(abi.encode(roundId, seq, digest))));
        return held.anchoredAt != 0 && seq < held.count && _fold(leaf, proof) == held.root;
    }

    /// @notice Whether the prediction number `seq` was scored so. `id` is the settlement's key, which is the round's
    /// own unless it was corrected.
    function verifyScore(
        bytes32 id,
        bytes32 roundId,
        uint256 seq,
        int256 pointsMilli,
        bytes32 scoreRoot,
        bytes32 evidence,
        bytes32[] calldata proof
    ) external view returns (bool) {
        HeldSettlement storage held = settlements[id];
        bytes32 leaf = keccak256(bytes.concat(keccak256(abi.encode(roundId, seq, pointsMilli))));
        bool isHeld = held.anchoredAt != 0 && held.tail == keccak256(abi.encode(scoreRoot, evidence));
        return isHeld && _fold(leaf, proof) == scoreRoot;
    }

    /// @notice Whether a season's board ended with this player at this rank.
    function verifyRank(bytes32 id, uint256 rank, bytes32 player, int256 pointsMilli, bytes32[] calldata proof)
        external
        view
        returns (bool)
    {
        HeldBoard storage held = boards[id];
        bytes32 leaf = keccak256(bytes.concat(keccak256(abi.encode(id, rank, player, pointsMilli))));
        return held.anchoredAt != 0 && _fold(leaf, proof) == held.root;
    }

    // -- within ----------------------------------------------------------------------------------

    function _commit(Commitment calldata one) private {
        if (commits[one.roundId].anchoredAt != 0) revert Exists(one.roundId);
        if (one.root == 0 || one.lockAt >= one.closeAt) revert Invalid(one.roundId);
        commits[one.roundId] = HeldCommitment(one.root, one.count, one.lockAt, one.closeAt, uint48(block.timestamp));
        emit Committed(one.roundId, one.root, one.count, one.lockAt, one.closeAt);
    }

    function _settle(Settlement calldata one) private {
        if (settlements[one.id].anchoredAt != 0) revert Exists(one.id);
        if (one.tail == 0 || one.status == 0) revert Invalid(one.id);
        settlements[one.id] = HeldSettlement(one.tail, one.price, one.settledAt, one.status, uint48(block.timestamp));
        emit Settled(one.id, one.price, one.settledAt, one.status, one.tail);
    }

    function _publish(Board calldata one) private {
        if (boards[one.id].anchoredAt != 0) revert Exists(one.id);
        if (one.root == 0) revert Invalid(one.id);
        boards[one.id] = HeldBoard(one.root, one.count, uint48(block.timestamp));
        emit Published(one.id, one.root, one.count);
    }

    function _requireSize(uint256 size) private pure {
        if (size == 0 || size > MOST) revert WrongSize(size);
    }

    function _setOperator(address operator, bool isOperator) private {
        operators[operator] = isOperator;
        emit OperatorChanged(operator, isOperator);
    }

    /// Pairs are hashed in sorted order, so that a proof needs no sides.
    function _fold(bytes32 leaf, bytes32[] calldata proof) private pure returns (bytes32 node) {
        node = leaf;
        for (uint256 i = 0; i < proof.length; ++i) {
            bytes32 other = proof[i];
            node = node < other
                ? keccak256(bytes.concat(node, other))
                : keccak256(bytes.concat(other, node));
        }
    }
}
