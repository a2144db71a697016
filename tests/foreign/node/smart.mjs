// Get an access token by openid-client, as a SMART backend service would, and use it.
//
//   node smart.mjs BASE CLIENT_ID KEY_FILE SCOPE RESOURCE_PATH
//
// KEY_FILE holds a private JWK. Prints one line of JSON: the token answer and the status of a GET.
import { readFileSync } from "node:fs";
import { webcrypto } from "node:crypto";

globalThis.crypto ??= webcrypto; // Debian's Node 18 has it only as a module
const client = await import("openid-client");

const [base, clientId, keyFile, scope, path] = process.argv.slice(2);
const { alg, kid, key_ops: _, ...members } = JSON.parse(readFileSync(keyFile, "utf8"));
const kinds = {
  ES384: { name: "ECDSA", namedCurve: "P-384" },
  RS384: { name: "RSASSA-PKCS1-v1_5", hash: "SHA-384" },
};
const key = await crypto.subtle.importKey("jwk", { ...members, alg }, kinds[alg], false, ["sign"]);

// SMART has its own place for what openid-client would look up under other names.
const metadata = await (await fetch(`${base}/.well-known/smart-configuration`)).json();
const configuration = new client.Configuration(
  metadata,
  clientId,
  {},
  client.PrivateKeyJwt({ key, kid }),
);
client.allowInsecureRequests(configuration); // loopback has no TLS

try {
  const token = await client.clientCredentialsGrant(configuration, { scope });
  const used = await fetch(`${base}${path}`, {
    headers: { Authorization: `Bearer ${token.access_token}` },
  });
  const { access_token: _secret, ...told } = token;
  console.log(JSON.stringify({ token: told, status: used.status, type: used.headers.get("content-type") }));
} catch (error) {
  console.log(JSON.stringify({ error: error.error ?? error.code, said: error.error_description ?? error.message }));
  process.exitCode = 1;
}
