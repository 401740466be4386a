// A real OpenID Connect provider, with pages of its own for name and consent:
// node provider.mjs PORT CLIENT SECRET. It keeps to the standard where many are lenient: the client
// signs in by Basic, and claims of the scope `email` are told only to who asks for user info.
// Version 8 of its library is the last that runs on the Node.js of Debian 12.
import { generateKeyPairSync } from "node:crypto";

import Provider from "oidc-provider";

const [port, client_id, client_secret] = process.argv.slice(2);
const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });

const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [
    // Native, since the port of the redirect address is not known beforehand (RFC 8252, 7.3).
    { client_id, client_secret, application_type: "native", redirect_uris: ["http://127.0.0.1/sign-in/back"] },
  ],
  claims: { email: ["email", "email_verified"] },
  cookies: { keys: [client_secret] },
  findAccount: (_, sub) => ({
    accountId: sub,
    claims: () => ({ sub, email: sub, email_verified: true }),
  }),
  jwks: { keys: [{ ...privateKey.export({ format: "jwk" }), alg: "RS256", use: "sig" }] },
  pkce: { required: () => true },
});

provider.listen(port, "127.0.0.1", () => console.log("ready"));
