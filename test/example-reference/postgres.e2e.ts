import { expect } from 'chai';
import pg from 'pg';
import { connect, openSQL } from '../../example/reference/src/database.js';
import { migrate, SCHEMA_VERSION } from '../../example/reference/src/schema.js';
import type { SQL } from '../../example/reference/src/sql.js';
import { rejection } from '../support/login.js';
import { type Postgres, startPostgres } from '../support/postgres.js';
import { databaseAt, signInOf, useServer } from './support.js';
// The same suites as on SQLite.
import './users.test.js';
import './tokens.test.js';
import './linked-accounts.test.js';
import './removal.test.js';
import './linking.test.js';
import './phone.test.js';
import './sign-in.test.js';

let shared: Postgres;

before(async () => {
  // A crash of the machine is not among the tests.
  shared = await startPostgres(['fsync=off']);
  useServer(shared);
});
after(() => shared.remove());

describe('example/reference: PostgreSQL', () => {
  // Of its own: after a crash, a server looks at every file of every database.
  let server: Postgres;
  let url: string;
  const opened: SQL[] = [];

  before(async () => {
    server = await startPostgres();
  });
  after(() => server.remove());
  beforeEach(async () => {
    url = await server.createDatabase();
  });
  afterEach(async () => {
    for (const db of opened.splice(0)) await db.close();
  });

  async function open(): Promise<SQL> {
    const db = await openSQL(url);
    opened.push(db);
    return db;
  }

  const insert = (code: string) => ({ sql: 'INSERT INTO deletions VALUES (:code, 0)', args: { code } });
  const codes = async (db: SQL) =>
    (await db.execute('SELECT code FROM deletions ORDER BY code')).rows.map(({ code }) => code);

  it('waits for a server that was killed, and keeps all that was told to be done', async () => {
    const db = await open();
    await db.execute(insert('before'));
    await server.kill();
    expect(await rejection(db.check())).to.have.property('message');
    const during = db.execute(insert('during'));
    await server.start();
    expect(await during).to.include({ rowsAffected: 1 });
    await db.check();
    expect(await codes(db)).to.deep.equal(['before', 'during']);
  });

  it('loses no sign-in that was told to be done when the server is killed among many', async () => {
    const database = await databaseAt(url);
    const done: string[] = [];
    let killed: Promise<void> | undefined;
    const signIns = Array.from({ length: 200 }, async (_, i) => {
      await database.users.upsert(signInOf(`${1000 + i}`)).then(
        ({ id }) => done.push(id),
        () => {},
      );
      if (done.length >= 50) killed ??= server.kill().then(() => server.start());
    });
    await Promise.all(signIns);
    await killed;
    expect(done.length).to.be.at.least(50);
    const { rows } = await (await open()).execute('SELECT id FROM users JOIN tokens USING (id)');
    expect(rows.map(({ id }) => id)).to.include.members(done);
    await database.close();
  });

  it('says so in time when the server does not answer', async () => {
    const db = await open();
    server.signal('SIGSTOP');
    try {
      expect(await rejection(db.check()))
        .to.have.property('message')
        .that.matches(/timeout/i);
    } finally {
      server.signal('SIGCONT');
    }
    await db.check();
  });

  it('does all of a batch or nothing', async () => {
    const db = await open();
    expect(await rejection(db.batch([insert('1'), insert('1')]))).to.include({ code: '23505' });
    expect(await codes(db)).to.deep.equal([]);
  });

  it('gets the tables of this version from several programs that start at the same moment', async () => {
    for (const db of await Promise.all([open(), open(), open(), open()])) await db.check();
  });

  it('is refused with the tables of another version, until they are migrated', async () => {
    const db = connect(url);
    opened.push(db);
    await migrate(db);
    await db.batch([{ sql: 'DROP INDEX tokens_by_end' }, { sql: 'UPDATE schema_version SET version = 1' }]);
    expect(await rejection(openSQL(url)))
      .to.have.property('message')
      .that.contains('npm run database:migrate');
    expect(await migrate(db)).to.equal(SCHEMA_VERSION);
    await (await open()).check();
  });

  it('is read by other programs as what it is: numbers are numbers', async () => {
    const db = await open();
    await db.execute({ sql: 'INSERT INTO deletions VALUES (:code, :at)', args: { code: 'a', at: 2 ** 52 } });
    const client = new pg.Client(url);
    await client.connect();
    const { rows } = await client.query('SELECT deleted_at::text AS at FROM deletions');
    await client.end();
    expect(rows).to.deep.equal([{ at: String(2 ** 52) }]);
    expect((await db.execute('SELECT deleted_at FROM deletions')).rows).to.deep.equal([
      { deleted_at: 2 ** 52 },
    ]);
  });
});
