import type { Dispatcher } from 'undici';

type GetGlobalDispatcher = () => Dispatcher;

const partOfUndici = () => require('undici/lib/global.js') as unknown;
const allOfUndici = () => require('undici') as typeof import('undici');

/**
 * Loads what gets undici's global dispatcher.
 *
 * `undici` has that function from a file of its own, which loads in a third of the time of all of undici, and the first
 * login of a process waits for it. That file is no public entry, so where it is missing or is not what it is today, all
 * of undici is loaded. Which of the two it is makes no other difference: the global dispatcher is one for the process.
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
