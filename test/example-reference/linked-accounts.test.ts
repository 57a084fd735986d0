import { expect } from 'chai';
import type { Database } from '../../example/reference/src/database.js';
import { ADA, databaseAt, MATEO, signInOf, temporaryDatabase } from './support.js';

describe('example/reference: linked accounts in the database', () => {
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

  it('do not hang on a user who is gone', async () => {
    expect(await database.linkedAccounts.link(ADA, signInOf(MATEO))).to.equal(false);
  });

  it('belong to one of two users who link the same one at the same moment, in two processes', async () => {
    const other = await databaseAt(file.url);
    try {
      await database.users.upsert(signInOf(ADA));
      await database.users.upsert(signInOf(MATEO));
      const ids = Array.from({ length: 10 }, (_, i) => `${1000 + i}`);
      const linked = await Promise.all(
        ids.flatMap((id) => [
          database.linkedAccounts.link(ADA, signInOf(id)),
          other.linkedAccounts.link(MATEO, signInOf(id)),
        ]),
      );
      expect(linked.filter(Boolean)).to.have.length(ids.length);
    } finally {
      await other.close();
    }
  });

  it('are never users as well, even when they sign in at the moment in which they are linked', async () => {
    const other = await databaseAt(file.url);
    try {
      await database.users.upsert(signInOf(ADA));
      const ids = Array.from({ length: 10 }, (_, i) => `${1000 + i}`);
      const outcomes = await Promise.all(
        ids.map((id) =>
          Promise.all([database.linkedAccounts.link(ADA, signInOf(id)), other.users.upsert(signInOf(id))]),
        ),
      );
      for (const [i, id] of ids.entries()) {
        const [linked, user] = outcomes[i]!;
        expect(user.id).to.equal(linked ? ADA : id);
        expect((await database.users.find(id)) === undefined).to.equal(linked);
      }
    } finally {
      await other.close();
    }
  });

  it('hand out no access token', async () => {
    await database.users.upsert(signInOf(ADA));
    await database.linkedAccounts.link(ADA, signInOf(MATEO));
    const accounts = await database.linkedAccounts.of(ADA);
    expect(accounts).to.have.length(1);
    expect(JSON.stringify(accounts)).not.to.contain('THQV');
  });
});
