// Check .tlog-proof files by @sigstore/verify, which strangers wrote for another log.
//
//   node verify.js VKEY PROOF LEAF [PROOF LEAF ...]
"use strict";
const { createHash, createPublicKey } = require("node:crypto");
const { readFileSync } = require("node:fs");
const { dirname, join } = require("node:path");

// The package exports no path below its top: its tlog part is reached by its file.
const inside = dirname(require.resolve("@sigstore/verify"));
const { verifyTLogInclusion } = require(join(inside, "tlog"));

const SPKI_ED25519 = Buffer.from("302a300506032b6570032100", "hex");

function authority(vkey) {
  const [name, , encoded] = vkey.match(/^([^+]+)\+([^+]+)\+(.+)$/).slice(1);
  const typed = Buffer.from(encoded, "base64");
  const key = Buffer.concat([SPKI_ED25519, typed.subarray(1)]);
  return {
    logID: createHash("sha256").update(`${name}\n`).update(typed).digest().subarray(0, 4),
    publicKey: createPublicKey({ key, format: "der", type: "spki" }),
    baseURL: `https://${name}`,
    validFor: { start: new Date(0), end: new Date(8.64e15) },
  };
}

function entry(proof, leaf) {
  const split = proof.indexOf("\n\n");
  const [, index, ...hashes] = proof.slice(0, split).split("\n");
  return {
    canonicalizedBody: leaf,
    inclusionProof: {
      logIndex: index.replace("index ", ""),
      hashes: hashes.map((line) => Buffer.from(line, "base64")),
      checkpoint: { envelope: proof.slice(split + 2) },
    },
  };
}

const [vkey, ...files] = process.argv.slice(2);
try {
  for (let at = 0; at < files.length; at += 2) {
    const [proof, leaf] = [readFileSync(files[at], "utf8"), readFileSync(files[at + 1])];
    verifyTLogInclusion(entry(proof, leaf), [authority(vkey)]);
  }
  console.log(`ACCEPTED ${files.length / 2} proofs`);
} catch (error) {
  console.log(`REFUSED ${error.code}: ${error.message}`);
  process.exit(1);
}
