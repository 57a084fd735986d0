/**
 * Many logins at once through the example, with its sessions in Redis (in memory they would pile up by design):
 * does everybody end as themselves, and does the process hold on to anything? Needs Linux and redis-server.
 *
 *     npx tsx test/load/load.ts --logins 10000 --concurrency 64
 */
import { parseArgs } from 'node:util';
import { Agent } from 'undici';
import { Opened } from '../instances/programs.js';
import { logIn, type Person, WrongPerson } from './login.js';
import { type OpenFiles, openFiles, residentMemory } from './process-status.js';
import { type Rig, startRig } from './rig.js';

const MOST_LOGINS = 100_000;
const MOST_MINUTES = 5;
const PHASES = 3;
const MEBIBYTE = 1024 * 1024;

const { logins, concurrency } = readArguments();
const deadline = AbortSignal.timeout(MOST_MINUTES * 60_000);

// Neighbours above 2^53: an id that passes through a JavaScript number becomes somebody else's.
const people: Person[] = Array.from({ length: 500 }, (_, index) => ({
  id: String(17_841_405_793_187_001n + BigInt(index)),
  username: `person.${index}`,
}));

/** What the process holds on to while nobody logs in. */
interface AtRest extends OpenFiles {
  memory: number;
  heap: number;
}

const latencies: number[] = [];
const failures: unknown[] = [];
/** Resident memory during the logins, for each phase. */
const memory: number[][] = [];
let mostSockets = 0;
let seconds = 0;

const opened = new Opened();
try {
  const rig = await startRig(opened, people);
  const rest = [await takeRest(rig)];
  for (let phase = 0; phase < PHASES; phase++) {
    await runPhase(rig, Math.floor((logins * phase) / PHASES), Math.floor((logins * (phase + 1)) / PHASES));
    rest.push(await takeRest(rig, rest[0]));
  }
  report(rig, rest);
  const violations = await findViolations(rig, rest);
  for (const violation of violations) console.error(`VIOLATION: ${violation}`);
  if (violations.length > 0) process.exitCode = 1;
} catch (error) {
  console.error(`VIOLATION: the run broke off: ${error}; first failed login: ${failures[0] ?? 'none'}`);
  process.exitCode = 1;
} finally {
  await opened.close();
}

async function runPhase({ origin, example }: Rig, from: number, to: number): Promise<void> {
  const dispatcher = new Agent({ connections: concurrency });
  const samples: number[] = [];
  memory.push(samples);
  let next = from;
  const visitor = async () => {
    while (next < to && !deadline.aborted) {
      const number = next++;
      const start = performance.now();
      try {
        await logIn(origin, people[number % people.length]!, dispatcher);
        latencies.push(performance.now() - start);
        // Counted in logins rather than in seconds, so that a busy machine takes the same samples.
        if (number % Math.ceil(logins / 150) === 0) {
          samples.push(residentMemory(example.pid));
          mostSockets = Math.max(mostSockets, openFiles(example.pid).sockets);
        }
      } catch (error) {
        failures.push(error);
      }
    }
  };
  const start = performance.now();
  await Promise.all(Array.from({ length: concurrency }, visitor));
  seconds += (performance.now() - start) / 1000;
  await dispatcher.close();
}

/** Ends the connections on both sides of the example and looks at what is left. */
async function takeRest({ example, inspector, threads, answers }: Rig, before?: AtRest): Promise<AtRest> {
  threads.hangUp();
  // Every answer is a turn in which the example can notice that the others have gone.
  for (let turn = 0; turn < 100; turn++) {
    await answers();
    if (!before || openFiles(example.pid).sockets <= before.sockets) break;
  }
  const heap = await inspector.liveHeap();
  return { heap, memory: residentMemory(example.pid), ...openFiles(example.pid) };
}

function report({ threads }: Rig, rest: AtRest[]): void {
  const [start, first, middle, end] = rest as [AtRest, AtRest, AtRest, AtRest];
  const [, middleMemory, endMemory] = memory.map(median) as [number, number, number];
  latencies.sort((a, b) => a - b);
  const [p50, p95, p99] = [0.5, 0.95, 0.99].map((share) => `${percentile(latencies, share).toFixed(0)} ms`);
  const table = {
    logins: `${latencies.length} of ${logins}, ${concurrency} at a time, ${people.length} people`,
    rate: `${(latencies.length / seconds).toFixed(1)} logins/s in ${seconds.toFixed(1)} s`,
    'latency (link to profile)': `p50 ${p50}, p95 ${p95}, p99 ${p99}`,
    'RSS (start, median of the middle and the last third)': mebibytes(start.memory, middleMemory, endMemory),
    'live heap (start, after two thirds, end)': mebibytes(start.heap, middle.heap, end.heap),
    'open sockets (start, most, end)': `${start.sockets}, ${mostSockets}, ${end.sockets}`,
    'other open files (start, after a third, end)': `${start.files}, ${first.files}, ${end.files}`,
    'connections to Threads': `${threads.connections} for ${threads.requests} requests`,
  };
  for (const [name, figure] of Object.entries(table)) console.log(`${name}: ${figure}`);
}

async function findViolations({ example, answers }: Rig, rest: AtRest[]): Promise<string[]> {
  const [start, first, middle, end] = rest as [AtRest, AtRest, AtRest, AtRest];
  const [, middleMemory, endMemory] = memory.map(median) as [number, number, number];
  const swapped = failures.filter((error) => error instanceof WrongPerson);
  const perLogin = (end.heap - middle.heap - 2 * MEBIBYTE) / (logins / PHASES);
  const checks: [violated: boolean, message: string][] = [
    [swapped.length > 0, `${swapped.length} logins ended as somebody else: ${swapped[0]}`],
    [failures.length > swapped.length, `${failures.length - swapped.length} logins failed: ${failures[0]}`],
    [deadline.aborted, `only ${latencies.length} of ${logins} logins ended in ${MOST_MINUTES} minutes`],
    [endMemory > middleMemory * 1.2, `RSS grew from ${mebibytes(middleMemory, endMemory)}`],
    [perLogin > 1024, `the heap kept more than ${(perLogin / 1024).toFixed(1)} KiB of each login`],
    [end.sockets > start.sockets, `${end.sockets - start.sockets} more open sockets than at the start`],
    // At the start the database has not opened its pool yet.
    [end.files > first.files + 5, `${end.files - first.files} more open files than after a third`],
    [/warning/i.test(example.stderr), `warnings on stderr: ${example.stderr}`],
    [!(await answers()), 'the example does not answer any more'],
  ];
  return checks.filter(([violated]) => violated).map(([, message]) => message);
}

function readArguments(): { logins: number; concurrency: number } {
  const { values } = parseArgs({
    options: {
      logins: { type: 'string', default: '10000' },
      concurrency: { type: 'string', default: '64' },
    },
  });
  const [logins, concurrency] = [Number(values.logins), Number(values.concurrency)];
  const fits = (value: number, lowest: number, highest: number) =>
    Number.isInteger(value) && value >= lowest && value <= highest;
  if (!fits(logins, 300, MOST_LOGINS) || !fits(concurrency, 1, 1000)) {
    console.error(`Usage: load.ts [--logins 300..${MOST_LOGINS}] [--concurrency 1..1000]`);
    process.exit(2);
  }
  return { logins, concurrency };
}

function median(values: number[]): number {
  return percentile(
    [...values].sort((a, b) => a - b),
    0.5,
  );
}

function percentile(sorted: number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

function mebibytes(...bytes: number[]): string {
  return `${bytes.map((value) => (value / MEBIBYTE).toFixed(1)).join(', ')} MiB`;
}
