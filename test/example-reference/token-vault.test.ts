import { expect } from 'chai';
import { createTokenVault, TokenVaultError } from '../../example/reference/src/token-vault.js';
import { ADA, KEY, MATEO } from './support.js';

const OTHER_KEY = Buffer.alloc(32, 'another key');
const TOKEN = 'THQVJsecret';

describe('example/reference: the vault of access tokens', () => {
  async function refusal(opening: Promise<string>): Promise<TokenVaultError> {
    const outcome = await opening.catch((error: unknown) => error);
    expect(outcome).to.be.instanceOf(TokenVaultError);
    return outcome as TokenVaultError;
  }

  it('opens nothing for another person, as when two rows are swapped', async () => {
    const vault = await createTokenVault([KEY]);
    const sealed = await vault.seal(ADA, TOKEN);
    expect((await refusal(vault.open(MATEO, sealed))).code).to.equal('BROKEN');
    const claimed = JSON.stringify({ ...JSON.parse(sealed), aad: Buffer.from(ADA).toString('base64url') });
    expect((await refusal(vault.open(MATEO, claimed))).code).to.equal('BROKEN');
  });

  it('opens nothing that was changed, cut short, or sealed in another manner', async () => {
    const vault = await createTokenVault([KEY]);
    const sealed = JSON.parse(await vault.seal(ADA, TOKEN));
    const none = Buffer.from(JSON.stringify({ alg: 'none', enc: 'A256GCM' })).toString('base64url');
    for (const changed of [
      { ...sealed, ciphertext: `A${sealed.ciphertext.slice(1)}x` },
      { ...sealed, tag: sealed.tag.slice(2) },
      { ...sealed, tag: undefined },
      { ...sealed, protected: none },
    ]) {
      expect((await refusal(vault.open(ADA, JSON.stringify(changed)))).code).to.equal('BROKEN');
    }
    for (const nonsense of ['', 'null', '"x"', TOKEN]) {
      expect((await refusal(vault.open(ADA, nonsense))).code).to.equal('BROKEN');
    }
  });

  it('names the key that is missing, and no secret', async () => {
    const old = await createTokenVault([OTHER_KEY]);
    const vault = await createTokenVault([KEY]);
    const error = await refusal(vault.open(ADA, await old.seal(ADA, TOKEN)));
    expect(error.code).to.equal('UNKNOWN_KEY');
    expect(error.message).to.contain(old.keyID).and.to.contain(vault.keyID);
    for (const secret of [TOKEN, KEY, OTHER_KEY].map(String)) expect(error.message).not.to.contain(secret);
    for (const key of [KEY, OTHER_KEY]) expect(error.message).not.to.contain(key.toString('base64url'));
  });

  it('cannot take one key for another, since a key is named by its thumbprint', async () => {
    const [one, two] = [await createTokenVault([KEY]), await createTokenVault([OTHER_KEY])];
    const sealed = JSON.parse(await one.seal(ADA, TOKEN));
    const forged = JSON.stringify({ ...sealed, header: { kid: two.keyID } });
    expect((await refusal(two.open(ADA, forged))).code).to.equal('BROKEN');
  });

  it('refuses a key that is too short, and none at all', async () => {
    for (const keys of [[], [Buffer.alloc(16)], [KEY, Buffer.alloc(31)]]) {
      const outcome = await createTokenVault(keys).catch((error: unknown) => error);
      expect(outcome).to.be.instanceOf(TypeError);
    }
  });

  it('seals with the first key, never twice alike, and opens with every key', async () => {
    const old = await createTokenVault([OTHER_KEY]);
    const vault = await createTokenVault([KEY, OTHER_KEY]);
    expect(await vault.open(ADA, await old.seal(ADA, TOKEN))).to.equal(TOKEN);
    const [one, two] = [await vault.seal(ADA, TOKEN), await vault.seal(ADA, TOKEN)];
    expect(one).not.to.equal(two);
    expect(JSON.parse(one).header.kid).to.equal(vault.keyID).and.to.equal(vault.keyIDs[0]);
    expect(one).not.to.contain(TOKEN);
    expect(await vault.open(ADA, one)).to.equal(TOKEN);
  });
});
