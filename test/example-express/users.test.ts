import { expect } from 'chai';
import { type Database, openDatabase } from '../../example/express/src/database.js';
import type { Users } from '../../example/express/src/users.js';
import { ADA, temporaryDatabase } from './support.js';

describe('example/express: the database', () => {
  let file: Awaited<ReturnType<typeof temporaryDatabase>>;
  let database: Database;
  let users: Users;

  beforeEach(async () => {
    file = await temporaryDatabase();
    database = await openDatabase(file.url);
    ({ users } = database);
  });

  afterEach(async () => {
    database.close();
    await file.remove();
  });

  it('knows nobody at first, in a file and a folder that it makes itself', async () => {
    expect(await users.find(ADA)).to.equal(undefined);
  });

  it('counts every one of many sign-ins at the same moment, by two processes', async () => {
    const other = await openDatabase(file.url);
    try {
      const seen = await Promise.all(
        Array.from({ length: 20 }, (_, i) => (i % 2 ? users : other.users).upsert({ id: ADA })),
      );
      const counts = seen.map(({ signIns }) => signIns).sort((a, b) => a - b);
      expect(counts).to.deep.equal(Array.from({ length: 20 }, (_, i) => i + 1));
      expect(new Set(seen.map(({ firstSeen }) => firstSeen.getTime()))).to.have.property('size', 1);
    } finally {
      other.close();
    }
  });

  it('tells apart ids that are one number to JavaScript', async () => {
    await users.upsert({ id: '17841405793187218', username: 'one' });
    await users.upsert({ id: '17841405793187219', username: 'two' });
    expect((await users.find('17841405793187218'))?.username).to.equal('one');
    expect((await users.find('17841405793187219'))?.username).to.equal('two');
  });

  it('hands out no access token', async () => {
    const user = await users.upsert({ id: ADA, accessToken: 'THQV-secret' });
    expect(JSON.stringify([user, await users.find(ADA)])).not.to.contain('THQV');
  });

  it('takes SQL in a name for a name', async () => {
    const name = `'); DROP TABLE users; --`;
    await users.upsert({ id: ADA, name });
    expect((await users.find(ADA))?.name).to.equal(name);
  });

  it('tells no permissions from permissions that were not reported', async () => {
    expect((await users.upsert({ id: ADA, scopes: [] })).scopes).to.deep.equal([]);
    expect((await users.upsert({ id: ADA })).scopes).to.equal(undefined);
  });

  it('tells a token without an end from one whose end was not reported', async () => {
    const end = new Date('2030-01-02T03:04:05Z');
    expect((await users.upsert({ id: ADA, tokenExpiresAt: end })).tokenExpiresAt).to.deep.equal(end);
    expect((await users.upsert({ id: ADA, tokenExpiresAt: 'never' })).tokenExpiresAt).to.equal('never');
    expect((await users.upsert({ id: ADA })).tokenExpiresAt).to.equal(undefined);
  });

  it('forgets what a person no longer shows, but not when they first came', async () => {
    const first = await users.upsert({ id: ADA, name: 'Ada', picture: 'https://cdn.example/a.jpg' });
    const second = await users.upsert({ id: ADA });
    expect(second).to.include({ name: undefined, picture: undefined, signIns: 2 });
    expect(second.firstSeen).to.deep.equal(first.firstSeen);
    expect(second.lastSeen.getTime()).to.be.at.least(first.lastSeen.getTime());
  });
});
