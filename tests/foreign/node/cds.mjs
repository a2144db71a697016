// Play an EHR's part on the command line:  node cds.mjs PLAY_FILE
//
// PLAY_FILE holds what cds_client.mjs is given. Prints one line of JSON: what the service answered.
import { readFileSync } from "node:fs";
import { webcrypto } from "node:crypto";

globalThis.crypto ??= webcrypto; // Debian's Node 18 has it only as a module
globalThis.WebSocket ??= class extends EventTarget {}; // @medplum/core names it; nothing opens one

const { play } = await import("./cds_client.mjs");
try {
  console.log(JSON.stringify(await play(JSON.parse(readFileSync(process.argv[2], "utf8")))));
} catch (error) {
  console.log(JSON.stringify({ error: error.message, outcome: error.outcome }));
  process.exitCode = 1;
}
