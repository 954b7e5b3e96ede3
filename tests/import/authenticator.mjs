// A passkey in software: ES256, as an authenticator of a browser makes and shows it (W3C Web Authentication, 6).
import { createHash, generateKeyPairSync, randomBytes, sign } from "node:crypto";

const sha256 = (bytes) => createHash("sha256").update(bytes).digest();
const b64 = (bytes) => Buffer.from(bytes).toString("base64url");
const hex = (text) => Buffer.from(text, "hex");

/** User present and verified. */
const FLAGS = 0x05;
/** With the new key. */
const ATTESTED = 0x40;

export class Authenticator {
  #keys = generateKeyPairSync("ec", { namedCurve: "P-256" });
  #id = randomBytes(32);
  #count = 0;
  #handle = null;

  #data(rpId, flags, more = Buffer.alloc(0)) {
    const counter = Buffer.alloc(4);
    counter.writeUInt32BE(++this.#count);
    return Buffer.concat([sha256(rpId), Buffer.from([flags]), counter, more]);
  }

  #client(type, challenge, origin) {
    return Buffer.from(JSON.stringify({ type, challenge, origin, crossOrigin: false }));
  }

  /** Answers the options of a registration. */
  register(options, origin) {
    this.#handle = options.user.id;
    const { x, y } = this.#keys.publicKey.export({ format: "jwk" });
    const key = Buffer.concat([hex("a5010203262001215820"), Buffer.from(x, "base64url"), hex("225820"), Buffer.from(y, "base64url")]);
    const attested = Buffer.concat([Buffer.alloc(16), hex("0020"), this.#id, key]);
    const data = this.#data(options.rp.id, FLAGS | ATTESTED, attested);
    // {"fmt": "none", "attStmt": {}, "authData": data}
    const attestation = Buffer.concat([hex("a363666d74646e6f6e656761747453746d74a068617574684461746158"), Buffer.from([data.length]), data]);
    return {
      id: b64(this.#id),
      rawId: b64(this.#id),
      type: "public-key",
      clientExtensionResults: {},
      response: {
        clientDataJSON: b64(this.#client("webauthn.create", options.challenge, origin)),
        attestationObject: b64(attestation),
        transports: ["internal", "hybrid"],
      },
    };
  }

  /** Answers the options of a sign-in. */
  show(options, origin) {
    const data = this.#data(options.rpId, FLAGS);
    const client = this.#client("webauthn.get", options.challenge, origin);
    const signature = sign("sha256", Buffer.concat([data, sha256(client)]), this.#keys.privateKey);
    return {
      id: b64(this.#id),
      rawId: b64(this.#id),
      type: "public-key",
      clientExtensionResults: {},
      response: { clientDataJSON: b64(client), authenticatorData: b64(data), signature: b64(signature), userHandle: this.#handle },
    };
  }
}
