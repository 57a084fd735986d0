import {
  calculateJwkThumbprint,
  FlattenedEncrypt,
  type FlattenedJWE,
  flattenedDecrypt,
  type JWK,
} from 'jose';

/** Encrypts access tokens for the place where they are kept. */
export interface TokenVault {
  /** The id of the key that `seal` uses: its thumbprint (RFC 7638), so that no key can pass for another. */
  readonly keyID: string;
  /** The ids of all keys that `open` can use. */
  readonly keyIDs: readonly string[];
  /** The token as a JWE (RFC 7516, A256GCM) that opens for this person alone. */
  seal(personID: string, token: string): Promise<string>;
  /**
   * The token of a person.
   *
   * @throws {@link TokenVaultError} when no key fits, or when the JWE was changed or is another person's
   */
  open(personID: string, sealed: string): Promise<string>;
}

/** Why a sealed token does not open. The sealed token itself is left as it is: with the right key it opens again. */
export class TokenVaultError extends Error {
  override readonly name = 'TokenVaultError';

  /** @param code - `'UNKNOWN_KEY'`: its key is not among ours; `'BROKEN'`: changed, cut short, or another person's */
  constructor(
    readonly code: 'UNKNOWN_KEY' | 'BROKEN',
    message: string,
  ) {
    super(message);
  }
}

/**
 * A vault that seals with the first key and opens with any.
 *
 * @param keys - 32 random bytes each, the newest first
 */
export async function createTokenVault(keys: readonly Uint8Array[]): Promise<TokenVault> {
  const ring = new Map<string, Uint8Array>();
  for (const key of keys) {
    if (key.length !== 32) throw new TypeError('A key of the token vault must have 32 bytes');
    const jwk: JWK = { kty: 'oct', k: Buffer.from(key).toString('base64url') };
    ring.set(await calculateJwkThumbprint(jwk), key);
  }
  const [first] = ring;
  if (!first) throw new TypeError('The token vault needs a key');
  const [keyID, key] = first;

  return {
    keyID,
    keyIDs: [...ring.keys()],

    async seal(personID, token) {
      const { aad, ...jwe } = await new FlattenedEncrypt(Buffer.from(token))
        .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
        // Outside the protected header, where the database can read it: `json_extract(sealed, '$.header.kid')`.
        .setUnprotectedHeader({ kid: keyID })
        .setAdditionalAuthenticatedData(Buffer.from(personID))
        .encrypt(key);
      // The associated data is left out: who opens it must know whose it is.
      return JSON.stringify(jwe);
    },

    async open(personID, sealed) {
      const jwe = parse(sealed);
      const kid = String(jwe.header?.kid);
      const fitting = ring.get(kid);
      if (!fitting) {
        throw new TokenVaultError(
          'UNKNOWN_KEY',
          `The token was sealed with the key ${kid}, which is not among the keys given (${[...ring.keys()].join(', ')}). Put it back: nothing has been lost.`,
        );
      }
      try {
        const aad = Buffer.from(personID).toString('base64url');
        const { plaintext } = await flattenedDecrypt({ ...jwe, aad }, fitting, {
          keyManagementAlgorithms: ['dir'],
          contentEncryptionAlgorithms: ['A256GCM'],
        });
        return Buffer.from(plaintext).toString();
      } catch {
        throw new TokenVaultError(
          'BROKEN',
          `The token does not open with the key ${kid}, its own: it was changed after it was sealed, or belongs to somebody else.`,
        );
      }
    },
  };
}

function parse(sealed: string): FlattenedJWE {
  try {
    const jwe: unknown = JSON.parse(sealed);
    if (typeof jwe === 'object' && jwe !== null) return jwe as FlattenedJWE;
  } catch {
    // Said below.
  }
  throw new TokenVaultError('BROKEN', 'What is stored in place of a sealed token is no JWE.');
}
