import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';
import SQLiteConnection from 'libsql';
import { connect, openSQL } from '../../example/reference/src/database.js';
import { migrate, SCHEMA_VERSION } from '../../example/reference/src/schema.js';
import type { SQL } from '../../example/reference/src/sql.js';
import { rejection } from '../support/login.js';

describe('example/reference: SQLite in a file', () => {
  let folder: string;
  let path: string;
  let url: string;
  const opened: SQL[] = [];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'sqlite-'));
    path = join(folder, 'users.sqlite');
    url = pathToFileURL(path).href;
  });
  afterEach(async () => {
    for (const db of opened.splice(0)) await db.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function open(): Promise<SQL> {
    const db = await openSQL(url);
    opened.push(db);
    return db;
  }

  const insert = (code: string) => ({ sql: 'INSERT INTO deletions VALUES (:code, 0)', args: { code } });
  const codes = async (db: SQL) =>
    (await db.execute('SELECT code FROM deletions')).rows.map(({ code }) => code);

  it('keeps every write that was told to be done after another program held the lock', async () => {
    const db = await open();
    const other = new SQLiteConnection(path);
    other.exec('BEGIN IMMEDIATE');
    const writes = Array.from({ length: 20 }, (_, i) =>
      i % 2 ? db.execute(insert(`${i}`)) : db.batch([insert(`${i}`)]),
    );
    let done = 0;
    for (const write of writes) void write.then(() => (done += 1));
    // The event loop goes on meanwhile.
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(done).to.equal(0);
    other.exec('COMMIT');
    for (const { rowsAffected } of (await Promise.all(writes)).flat()) expect(rowsAffected).to.equal(1);
    await db.execute(insert('after'));
    expect(await codes(await open())).to.have.length(21);
    other.close();
  });

  it('lets readers read while another program writes', async () => {
    const db = await open();
    await db.execute(insert('1'));
    const other = new SQLiteConnection(path);
    other.exec(`BEGIN IMMEDIATE; INSERT INTO deletions VALUES ('2', 0)`);
    expect(await codes(db)).to.deep.equal(['1']);
    other.exec('ROLLBACK');
    other.close();
  });

  it('does all of a batch or nothing', async () => {
    const db = await open();
    expect(await rejection(db.batch([insert('1'), insert('1')])))
      .to.have.property('code')
      .that.matches(/CONSTRAINT/);
    expect(await codes(db)).to.deep.equal([]);
    await db.execute(insert('2'));
    expect(await codes(db)).to.deep.equal(['2']);
  });

  it('is well while it can be written to, and is not while it is locked, gone, or another file', async () => {
    const db = await open();
    await db.check();
    const other = new SQLiteConnection(path);
    other.exec('BEGIN IMMEDIATE');
    expect(await rejection(db.check())).to.include({ code: 'SQLITE_BUSY' });
    other.exec('COMMIT');
    other.close();
    await db.check();
    renameSync(path, `${path}.away`);
    expect(await rejection(db.check())).to.include({ code: 'ENOENT' });
    writeFileSync(path, '');
    expect(await rejection(db.check())).to.have.property('message');
  });

  it('gets the tables of this version from several programs that start at the same moment', async () => {
    for (const db of await Promise.all([open(), open(), open()])) await db.check();
  });

  it('is refused with the tables of another version, until they are migrated', async () => {
    const db = connect(url);
    opened.push(db);
    await migrate(db);
    await db.execute(insert('kept'));
    await db.batch([{ sql: 'DROP INDEX tokens_by_end' }, { sql: 'UPDATE schema_version SET version = 1' }]);
    const refusal = await rejection(openSQL(url));
    expect(refusal)
      .to.have.property('message')
      .that.contains('version 1')
      .and.contains('npm run database:migrate');
    expect(await migrate(db)).to.equal(SCHEMA_VERSION);
    expect(await codes(await open())).to.deep.equal(['kept']);

    await db.execute('UPDATE schema_version SET version = 99');
    expect(await rejection(openSQL(url)))
      .to.have.property('message')
      .that.contains('newer than this program');
  });
});
