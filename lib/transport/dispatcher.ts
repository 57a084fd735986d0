import { channel } from 'node:diagnostics_channel';
import type { Dispatcher } from 'undici';
import { nodeDispatcher } from './node-dispatcher.js';

type GetGlobalDispatcher = () => Dispatcher;

/** Where every copy of undici, that of Node.js included, keeps the global dispatcher. */
const GLOBAL_DISPATCHER = Symbol.for('undici.globalDispatcher.1');

/** Where undici tells tracers and logs of its requests. */
const requests = channel('undici:request:create');

/** To load undici takes the CPU that it saves in some hundreds of requests. */
const FIRST_REQUESTS = 100;

const partOfUndici = () => require('undici/lib/global.js') as unknown;
const allOfUndici = () => require('undici') as typeof import('undici');

let sent = 0;
let getGlobalDispatcher: GetGlobalDispatcher | undefined;

/**
 * Returns what sends a request where the app names no dispatcher: undici's global one.
 *
 * The first login of a process would spend more time on loading undici than on all the rest. So Node.js' own client sends
 * the first requests, as long as nobody can tell: nobody has loaded undici, set a global dispatcher or
 * subscribed to undici's requests, and nothing is debugged, for that client prints whole URLs under `NODE_DEBUG=net`.
 */
export function globalDispatcher(): Pick<Dispatcher, 'dispatch'> {
  if (!getGlobalDispatcher) {
    const isSeen = GLOBAL_DISPATCHER in globalThis || requests.hasSubscribers || process.env.NODE_DEBUG;
    if (!isSeen && sent++ < FIRST_REQUESTS) return nodeDispatcher;
    getGlobalDispatcher = loadGlobalDispatcher();
  }
  return getGlobalDispatcher();
}

/**
 * Loads what gets undici's global dispatcher.
 *
 * `undici` has that function in a file of its own, which loads in a third of the time of all of undici. That file is no
 * public entry, so where it is missing or is not what it is today, all of undici is loaded. Which of the two it is makes
 * no other difference: the global dispatcher is one for the process.
 *
 * @param loadPart - loads that file
 * @param loadAll - loads the public entry
 */
export function loadGlobalDispatcher(loadPart = partOfUndici, loadAll = allOfUndici): GetGlobalDispatcher {
  try {
    const { getGlobalDispatcher } = loadPart() as { getGlobalDispatcher: GetGlobalDispatcher };
    if (typeof getGlobalDispatcher().dispatch === 'function') return getGlobalDispatcher;
  } catch {
    // The public entry says what is wrong, if anything is.
  }
  return loadAll().getGlobalDispatcher;
}
