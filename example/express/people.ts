import { createClient, type InValue } from '@libsql/client';
import type { ThreadsProfile } from 'passport-threads-oauth2';

/** What is kept of a person. No token: this app does nothing in their name. */
export type Person = Pick<ThreadsProfile, 'id' | 'username' | 'displayName' | 'photos' | 'scopes'>;
export type People = Awaited<ReturnType<typeof openPeople>>;

/** The people who signed in, in a SQLite file such as `file:people.sqlite`. */
export async function openPeople(url: string) {
  const db = createClient({ url });
  const run = (sql: string, ...args: InValue[]) => db.execute({ sql, args });
  await run('CREATE TABLE IF NOT EXISTS people (id TEXT PRIMARY KEY, person TEXT, seen_at INTEGER) STRICT');
  const grantedNothing = `UPDATE people SET person = json_set(person, '$.scopes', json('[]'))`;
  return {
    async save({ id, username, displayName, photos, scopes }: Person): Promise<Person> {
      const person = { id, username, displayName, photos, scopes };
      await run('INSERT OR REPLACE INTO people VALUES (?, ?, ?)', id, JSON.stringify(person), Date.now());
      return person;
    },
    async find(id: string): Promise<Person | undefined> {
      const { rows } = await run('SELECT person FROM people WHERE id = ?', id);
      return rows[0] && JSON.parse(String(rows[0].person));
    },
    uninstall: (id: string, askedAt: Date) =>
      run(`${grantedNothing} WHERE id = ? AND seen_at < ?`, id, askedAt.getTime() + 1000),
    remove: (id: string) => run('DELETE FROM people WHERE id = ?', id),
    close: () => db.close(),
  };
}
