import { expect } from 'chai';
import type { Database } from '../../example/reference/src/database.js';
import type { Users } from '../../example/reference/src/users.js';
import { ADA, databaseAt, signInOf, temporaryDatabase } from './support.js';

describe('example/reference: the database', () => {
  let file: Awaited<ReturnType<typeof temporaryDatabase>>;
  let database: Database;
  let users: Users;

  beforeEach(async () => {
    file = await temporaryDatabase();
    database = await databaseAt(file.url);
    ({ users } = database);
  });

  afterEach(async () => {
    await database.close();
    await file.remove();
  });

  it('knows nobody at first, in a file and a folder that it makes itself', async () => {
    expect(await users.find(ADA)).to.equal(undefined);
  });

  it('counts every one of many sign-ins at the same moment, by two processes', async () => {
    const other = await databaseAt(file.url);
    try {
      const seen = await Promise.all(
        Array.from({ length: 20 }, (_, i) => (i % 2 ? users : other.users).upsert(signInOf(ADA))),
      );
      const counts = seen.map(({ signIns }) => signIns).sort((a, b) => a - b);
      expect(counts).to.deep.equal(Array.from({ length: 20 }, (_, i) => i + 1));
      expect(new Set(seen.map(({ firstSeen }) => firstSeen.getTime()))).to.have.property('size', 1);
    } finally {
      await other.close();
    }
  });

  it('tells apart ids that are one number to JavaScript', async () => {
    await users.upsert(signInOf('17841405793187218', { username: 'one' }));
    await users.upsert(signInOf('17841405793187219', { username: 'two' }));
    expect((await users.find('17841405793187218'))?.username).to.equal('one');
    expect((await users.find('17841405793187219'))?.username).to.equal('two');
  });

  it('hands out no access token', async () => {
    const user = await users.upsert(signInOf(ADA));
    expect(JSON.stringify([user, await users.find(ADA)])).not.to.contain('THQV');
  });

  it('takes SQL in a name for a name', async () => {
    const name = `'); DROP TABLE users; --`;
    await users.upsert(signInOf(ADA, { name }));
    expect((await users.find(ADA))?.name).to.equal(name);
  });

  it('tells no permissions from permissions that were not reported', async () => {
    expect((await users.upsert(signInOf(ADA, { token: { scopes: [] } }))).token.scopes).to.deep.equal([]);
    expect((await users.upsert(signInOf(ADA))).token.scopes).to.equal(undefined);
  });

  it('tells a token without an end from one whose end was not reported', async () => {
    const end = new Date('2030-01-02T03:04:05Z');
    for (const member of ['expiresAt', 'dataAccessExpiresAt'] as const) {
      for (const value of [end, 'never', undefined] as const) {
        const { token } = await users.upsert(signInOf(ADA, { token: { [member]: value } }));
        expect(token[member]).to.deep.equal(value);
        expect(token.requiresLogin).to.equal(undefined);
      }
    }
  });

  it('asks for a new sign-in once the token, or the grant behind it, has ended', async () => {
    const past = new Date('2020-01-02T03:04:05Z');
    const expired = await users.upsert(signInOf(ADA, { token: { expiresAt: past } }));
    expect(expired.token.requiresLogin).to.equal('expired');
    const ended = await users.upsert(signInOf(ADA, { token: { dataAccessExpiresAt: past } }));
    expect(ended.token.requiresLogin).to.equal('grant_ended');
    expect((await users.upsert(signInOf(ADA))).token.requiresLogin).to.equal(undefined);
  });

  it('gives a person who was deleted another session key, so that old sessions stay over', async () => {
    const { sessionKey } = await users.upsert(signInOf(ADA));
    expect((await users.findBySessionKey(sessionKey))?.id).to.equal(ADA);
    const issuedAt = new Date();
    await database.removals.deletePerson({ userId: ADA, issuedAt, signedRequest: 'c2ln.cGF5' });
    await users.upsert(signInOf(ADA));
    expect(await users.findBySessionKey(sessionKey)).to.equal(undefined);
  });

  it('forgets what a person no longer shows, but not when they first came', async () => {
    const first = await users.upsert(signInOf(ADA, { name: 'Ada', picture: 'https://cdn.example/a.jpg' }));
    const second = await users.upsert(signInOf(ADA));
    expect(second).to.include({ name: undefined, picture: undefined, signIns: 2 });
    expect(second.firstSeen).to.deep.equal(first.firstSeen);
    expect(second.lastSeen.getTime()).to.be.at.least(first.lastSeen.getTime());
  });
});
