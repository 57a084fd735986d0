import type { Dispatcher } from 'undici';

/** A dispatcher of any version of undici: their declared types do not fit into one another. */
export interface UndiciDispatcher {
  /** Sends a request, and tells the handler what becomes of it. */
  dispatch(options: object, handler: object): boolean;
}

type GetGlobalDispatcher = () => Dispatcher;

const partOfUndici = () => require('undici/lib/global.js') as unknown;
const allOfUndici = () => require('undici') as typeof import('undici');

let getGlobalDispatcher: GetGlobalDispatcher | undefined;

/**
 * Returns undici's global dispatcher: what the app set with `setGlobalDispatcher`, else an `Agent` of undici.
 *
 * undici is loaded at the first call, since it doubles the time that the package takes to load.
 */
export function globalDispatcher(): Dispatcher {
  getGlobalDispatcher ??= loadGlobalDispatcher();
  return getGlobalDispatcher();
}

/**
 * Loads the function that returns undici's global dispatcher.
 *
 * `undici/lib/global.js` has that function and loads in a quarter of the time of `undici`. It is not a public entry, so
 * where it is missing or has changed, `undici` is loaded instead. Both return the same dispatcher, which stands in
 * `globalThis[Symbol.for('undici.globalDispatcher.1')]`.
 *
 * @param loadPart - loads that file
 * @param loadAll - loads the public entry
 */
export function loadGlobalDispatcher(loadPart = partOfUndici, loadAll = allOfUndici): GetGlobalDispatcher {
  try {
    const { getGlobalDispatcher } = loadPart() as { getGlobalDispatcher: GetGlobalDispatcher };
    if (typeof getGlobalDispatcher().dispatch === 'function') return getGlobalDispatcher;
  } catch {
    // The public entry throws too, if undici itself is missing.
  }
  return loadAll().getGlobalDispatcher;
}
