import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { openSQL } from '../../example/reference/src/database.js';
import type { Row, SQL } from '../../example/reference/src/sql.js';
import { createTokenVault, type TokenVault } from '../../example/reference/src/token-vault.js';
import type { Postgres } from '../support/postgres.js';

const DAY = 24 * 60 * 60 * 1000;

/** The Express example's database with tokens in it. */
export interface Store {
  folder: string;
  url: string;
  key: string;
  db: SQL;
  vault: TokenVault;
  /** Stores tokens of so many days ago as logins would have. */
  add(tokens: readonly { id: string; token: string; daysOld: number }[]): Promise<void>;
  row(id: string): Promise<Row>;
  rows(): Promise<Row[]>;
  /** The token of a person, opened. */
  token(id: string): Promise<string>;
  close(): Promise<void>;
}

let server: Postgres | undefined;

/** From now on stores are on this server. */
export function useServer(postgres: Postgres | undefined): void {
  server = postgres;
}

/** In a file on the disk, which is what is slow and what locks, or on the server that was given to `useServer`. */
export async function createStore(): Promise<Store> {
  const folder = mkdtempSync(join(tmpdir(), 'token-keeper-'));
  const url = server ? await server.createDatabase() : pathToFileURL(join(folder, 'users.sqlite')).href;
  const key = randomBytes(32);
  const vault = await createTokenVault([key]);
  const db = await openSQL(url);
  const rows = async () => (await db.execute('SELECT * FROM tokens ORDER BY id')).rows;
  const row = async (id: string) => {
    const { rows } = await db.execute({ sql: 'SELECT * FROM tokens WHERE id = :id', args: { id } });
    return rows[0]!;
  };
  return {
    folder,
    url,
    key: key.toString('base64url'),
    db,
    vault,
    rows,
    row,
    async add(tokens) {
      const seconds = (days: number) => Math.floor((Date.now() + days * DAY) / 1000);
      const statements = await Promise.all(
        tokens.map(async ({ id, token, daysOld }) => ({
          sql: `INSERT INTO tokens
              (id, sealed, granted_at, issued_at, token_expires_at, data_access_expires_at, scopes)
            VALUES (:id, :sealed, :grantedAt, :issuedAt, :expiresAt, :grantEnd, 'threads_basic')`,
          args: {
            id,
            sealed: await vault.seal(id, token),
            grantedAt: seconds(-daysOld) * 1000,
            issuedAt: seconds(-daysOld),
            expiresAt: seconds(60 - daysOld),
            grantEnd: seconds(90 - daysOld),
          },
        })),
      );
      await db.batch(statements);
    },
    async token(id) {
      return vault.open(id, String((await row(id)).sealed));
    },
    async close() {
      await db.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
