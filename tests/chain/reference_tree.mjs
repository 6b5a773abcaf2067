// OpenZeppelin's own tree over leaves (bytes32 round, uint256 seq, bytes32 digest): root and proofs.
import { readFileSync } from "node:fs";
import { StandardMerkleTree } from "@openzeppelin/merkle-tree";

const rows = JSON.parse(readFileSync(0, "utf8"));
const many = [];
for (const values of rows) {
  const tree = StandardMerkleTree.of(values, ["bytes32", "uint256", "bytes32"]);
  const picked = values.length > 20 ? [0, 1, values.length >> 1, values.length - 1] : [...values.keys()];
  many.push({ root: tree.root, format: tree.dump().format, proofs: picked.map((n) => [n, tree.getProof(n)]) });
}
process.stdout.write(JSON.stringify(many));
