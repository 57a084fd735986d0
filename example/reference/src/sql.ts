/** One statement: standard SQL that SQLite and PostgreSQL both read, with `:name` for each parameter. */
export interface Statement {
  sql: string;
  args?: Readonly<Record<string, string | number | null>>;
}

export type Row = Record<string, string | number | null>;

export interface Result {
  rows: Row[];
  /** How many rows the statement inserted, changed or deleted. */
  rowsAffected: number;
}

/** A database: SQLite in a file (`sqlite.ts`), or PostgreSQL (`postgres.ts`). */
export interface SQL {
  readonly dialect: 'sqlite' | 'postgres';
  execute(statement: Statement | string): Promise<Result>;
  /** All of the statements or none, as if nothing else happened meanwhile. */
  batch(statements: readonly Statement[]): Promise<Result[]>;
  /** As `batch`. On return, what was deleted is on no page of a SQLite file or its log any more. */
  erase(statements: readonly Statement[]): Promise<Result[]>;
  /** Rejects unless a row could be written at this moment. */
  check(): Promise<void>;
  close(): Promise<void>;
}
