// Preloaded into the app of the README: sends what is meant for
// graph.threads.net to the simulator at SIMULATOR_URL (what its settings send there goes there), and tells the test when the app listens.
import { Server } from 'node:net';
import { Agent, setGlobalDispatcher } from 'undici';

class Detour extends Agent {
  dispatch(options, handler) {
    if (String(options.origin) === process.env.THREADS_SIMULATOR_URL) return super.dispatch(options, handler);
    if (String(options.origin) !== 'https://graph.threads.net')
      throw new Error(`unexpected request to ${options.origin}`);
    return super.dispatch({ ...options, origin: process.env.SIMULATOR_URL }, handler);
  }
}

setGlobalDispatcher(new Detour());

const { listen } = Server.prototype;
Server.prototype.listen = function (...args) {
  this.once('listening', () => process.send('listening'));
  return listen.apply(this, args);
};
