import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { stringify } from 'csv-stringify';
import type { FindingsFile } from './findings-file.js';
import { type Finding, STATES, type State } from './states.js';

const LISTED = 50;

/** How many tokens are in each state, and the first ones that somebody has to act on. */
export interface Summary {
  counts: Record<State, number>;
  total: number;
  toActOn: Finding[];
}

/** Reads the findings once. However many there are, only a few are kept. */
export async function summarise(file: FindingsFile): Promise<Summary> {
  const counts = Object.fromEntries(Object.keys(STATES).map((state) => [state, 0])) as Summary['counts'];
  const toActOn: Finding[] = [];
  let total = 0;
  for await (const finding of file.read()) {
    counts[finding.state] += 1;
    total += 1;
    if (finding.state !== 'valid' && toActOn.length < LISTED) toActOn.push(finding);
  }
  return { counts, total, toActOn };
}

/** The summary as text: a table by state, and the list of those to act on. */
export function table({ counts, total, toActOn }: Summary): string {
  const states = Object.entries(STATES).filter(([state]) => counts[state as State] > 0);
  const rows = states.map(([state, advice]) => [state, String(counts[state as State]), advice]);
  const lines = ['', ...columns([['state', 'tokens', 'what to do'], ...rows, ['all', String(total), '']])];
  const rest = total - counts.valid - toActOn.length;
  if (toActOn.length > 0) {
    lines.push(
      '',
      ...columns([
        ['to act on', 'state', 'details'],
        ...toActOn.map(({ id, state, details }) => [id, state, details]),
      ]),
    );
  }
  if (rest > 0) lines.push(`… and ${rest} more: --json FILE or --csv FILE has them all`);
  return lines.join('\n');
}

/** Writes the counts and all those to act on as JSON. */
export async function writeJSON(path: string, file: FindingsFile, { counts, total }: Summary): Promise<void> {
  await pipeline(async function* () {
    yield `{"total":${total},"counts":${JSON.stringify(counts)},"toActOn":[`;
    let separator = '\n';
    for await (const finding of toActOnIn(file)) {
      yield `${separator}${JSON.stringify(finding)}`;
      separator = ',\n';
    }
    yield '\n]}\n';
  }, createWriteStream(path));
}

/** Writes all those to act on as CSV, with a line of names. */
export async function writeCSV(path: string, file: FindingsFile): Promise<void> {
  await pipeline(
    toActOnIn(file),
    stringify({ header: true, columns: ['id', 'state', 'details'] }),
    createWriteStream(path),
  );
}

async function* toActOnIn(file: FindingsFile): AsyncGenerator<Finding> {
  for await (const finding of file.read()) if (finding.state !== 'valid') yield finding;
}

function columns(rows: string[][]): string[] {
  const widths = [0, 1].map((i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
