import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import SQLiteConnection from 'libsql';
import { connect, type Database } from '../../example/reference/src/database.js';
import { createTokenVault } from '../../example/reference/src/token-vault.js';
import { runScript } from './process.js';
import { ADA, databaseAt, isSQLite, KEY, MATEO, signInOf, sqlAt, temporaryDatabase } from './support.js';

const NEW_KEY = Buffer.alloc(32, 'new key');
const TOKEN = 'THQVJ-a-token-of-sixty-days';
const ids = (count: number) => Array.from({ length: count }, (_, i) => `${1000 + i}`);

describe('example/reference: access tokens in the database', () => {
  let file: Awaited<ReturnType<typeof temporaryDatabase>>;
  let database: Database;

  beforeEach(async () => {
    file = await temporaryDatabase();
    database = await databaseAt(file.url);
  });

  afterEach(async () => {
    await database.close();
    await file.remove();
  });

  /** The files of the database, its journals included, as one text of bytes. */
  function bytes(): string {
    const folder = dirname(fileURLToPath(file.url));
    return readdirSync(folder)
      .map((name) => readFileSync(join(folder, name), 'latin1'))
      .join('\n');
  }

  const sql = (statement: string) => sqlAt(file.url, statement);

  /** Puts in tokens that the first key has sealed, faster than so many sign-ins would. */
  async function fill(ids: string[], token: (id: string) => string): Promise<void> {
    const vault = await createTokenVault([KEY]);
    const db = connect(file.url);
    const rows = ids.map(async (id) => ({
      sql: 'INSERT INTO tokens (id, sealed, granted_at) VALUES (:id, :sealed, 0)',
      args: { id, sealed: await vault.seal(id, token(id)) },
    }));
    await db.batch(await Promise.all(rows));
    await db.close();
  }

  async function open(id: string, keys: Uint8Array[]): Promise<string> {
    const vault = await createTokenVault(keys);
    const [row] = await sql(`SELECT sealed FROM tokens WHERE id = '${id}'`);
    return vault.open(id, String(row?.sealed));
  }

  it('cannot be read in the file or its log, nor by swapping two rows', async () => {
    await database.users.upsert(signInOf(ADA, { token: { accessToken: TOKEN } }));
    await database.linkedAccounts.link(ADA, signInOf(MATEO, { token: { accessToken: `${TOKEN}-2` } }));
    if (isSQLite()) expect(bytes()).to.contain(ADA).and.not.to.contain('THQVJ');
    expect(await open(MATEO, [KEY])).to.equal(`${TOKEN}-2`);

    await sql(`UPDATE tokens SET sealed = (SELECT sealed FROM tokens t WHERE t.id <> tokens.id)`);
    const error = await open(ADA, [KEY]).catch((error: unknown) => error);
    expect(error).to.include({ name: 'TokenVaultError', code: 'BROKEN' });
  });

  it('cannot be read in the log while a write is under way', async function () {
    if (!isSQLite()) this.skip();
    await database.users.upsert(signInOf(ADA, { token: { accessToken: TOKEN } }));
    const other = new SQLiteConnection(fileURLToPath(file.url));
    other.exec(`BEGIN IMMEDIATE; UPDATE tokens SET sealed = 'x'`);
    expect(readdirSync(dirname(fileURLToPath(file.url)))).to.include('users.sqlite-wal');
    expect(bytes()).not.to.contain('THQVJ');
    other.exec('ROLLBACK');
    other.close();
  });

  it('leave nothing in the file once their person is deleted, names and sealed bytes included', async function () {
    if (!isSQLite()) this.skip();
    const name = 'Ada Okafor of Nowhere';
    for (const id of ids(50)) await database.users.upsert(signInOf(id, { name: `${name} ${id}` }));
    // Side by side, which would open further connections if there were any.
    await Promise.all(ids(50).map((id) => database.users.find(id)));
    await database.users.upsert(
      signInOf(ADA, { name, username: 'ada-of-nowhere', picture: 'https://pic.example/ada' }),
    );
    await database.linkedAccounts.link(ADA, signInOf(MATEO, { name: 'Mateo of Nowhere' }));
    const sealed = (await sql(`SELECT sealed FROM tokens WHERE id IN ('${ADA}', '${MATEO}')`)).map((row) =>
      String(JSON.parse(String(row.sealed)).ciphertext),
    );
    const traces = [ADA, MATEO, 'ada-of-nowhere', 'pic.example/ada', 'Mateo of Nowhere', ...sealed];
    for (const trace of traces) expect(bytes(), trace).to.contain(trace);
    // What an update has overwritten goes with it.
    await database.users.upsert(signInOf(ADA, { name: 'Ada Lindqvist' }));

    await database.removals.deletePerson({ userId: ADA, issuedAt: new Date(), signedRequest: 'c2ln.cGF5' });
    for (const trace of [...traces, 'Ada Lindqvist']) expect(bytes(), trace).not.to.contain(trace);
  });

  it('are sealed anew with the newest key, page by page, and the old key is then not needed', async () => {
    await fill(ids(1100), (id) => id);
    const rotating = await databaseAt(file.url, [NEW_KEY, KEY]);
    try {
      const progress: number[] = [];
      const counts = await rotating.tokens.reseal(({ resealed }) => progress.push(resealed));
      expect(counts).to.deep.equal({ resealed: 1100, unopened: 0 });
      expect(progress).to.deep.equal([500, 1000, 1100]);
      const { keyID } = await createTokenVault([NEW_KEY]);
      expect(await rotating.tokens.countByKey()).to.deep.equal(new Map([[keyID, 1100]]));
      for (const id of ['1000', '1500', '2099']) expect(await open(id, [NEW_KEY])).to.equal(id);
      expect(await rotating.tokens.reseal()).to.deep.equal({ resealed: 0, unopened: 0 });
    } finally {
      await rotating.close();
    }
  });

  it('are not overwritten with older ones when people sign in while they are sealed anew', async () => {
    await fill(ids(600), () => 'old');
    const rotating = await databaseAt(file.url, [NEW_KEY, KEY]);
    const signingIn = ids(600)
      .filter((_, i) => i % 40 === 0)
      .map((id) => database.users.upsert(signInOf(id, { token: { accessToken: 'new' } })));
    try {
      const [{ unopened }] = await Promise.all([rotating.tokens.reseal(), ...signingIn]);
      expect(unopened).to.equal(0);
      for (const [i, id] of ids(600).entries()) {
        if (i % 40 === 0 || i % 100 === 1) {
          expect(await open(id, [NEW_KEY, KEY]), id).to.equal(i % 40 === 0 ? 'new' : 'old');
        }
      }
      await rotating.tokens.reseal();
      expect([...(await rotating.tokens.countByKey()).values()]).to.deep.equal([600]);
    } finally {
      await rotating.close();
    }
  });

  it('stay as they are where their key is lost, and the others are sealed anew', async () => {
    await database.users.upsert(signInOf(ADA, { token: { accessToken: TOKEN } }));
    const rotating = await databaseAt(file.url, [NEW_KEY]);
    try {
      await rotating.users.upsert(signInOf(MATEO));
      await sql(`INSERT INTO tokens (id, sealed, granted_at) VALUES ('1', 'no JSON at all', 0)`);
      expect(await rotating.tokens.reseal()).to.deep.equal({ resealed: 0, unopened: 2 });
      expect(await open(ADA, [KEY])).to.equal(TOKEN);
    } finally {
      await rotating.close();
    }
  });

  describe('on the command line', () => {
    const key = (bytes: Buffer) => bytes.toString('base64url');

    it('stop the app from starting with the name of the key that is missing', async () => {
      await database.users.upsert(signInOf(ADA));
      const { exited, output } = runScript('main.ts', {
        DATABASE_URL: file.url,
        TOKEN_KEYS: key(NEW_KEY),
      });
      expect(await exited).to.equal(1);
      const { keyID } = await createTokenVault([KEY]);
      expect(output.stderr).to.contain(`1 with the key ${keyID}`).and.to.contain('nothing has been lost');
      expect(output.stderr).not.to.match(/^\s+at /m);
      expect(await open(ADA, [KEY])).to.equal('THQV-secret');
    });

    it('are sealed anew by tokens:rotate, which says when the old key may go', async () => {
      await database.users.upsert(signInOf(ADA));
      const rotate = async (keys: string) => {
        const { exited, output } = runScript('rotate-tokens.ts', {
          DATABASE_URL: file.url,
          TOKEN_KEYS: keys,
        });
        return { code: await exited, ...output };
      };
      const lost = await rotate(key(NEW_KEY));
      expect(lost.code).to.equal(1);
      expect(lost.stderr).to.contain('1 could not be opened and were left as they are');

      const { code, stdout } = await rotate(`${key(NEW_KEY)},${key(KEY)}`);
      expect(code).to.equal(0);
      expect(stdout).to.contain('1 sealed anew').and.to.contain('not needed any more');
      expect(await open(ADA, [NEW_KEY])).to.equal('THQV-secret');
    });
  });
});
