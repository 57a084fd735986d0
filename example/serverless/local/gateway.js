import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import * as events from './events.js';

const INSTANCE = fileURLToPath(new URL('instance.js', import.meta.url));
// Windows knows no signals that stop and continue a process: there, an instance just waits.
const canFreeze = process.platform !== 'win32';

/**
 * Stands in for API Gateway and Lambda: it hands each request as an event to an instance of the function, which is a
 * process of its own. Between two requests the instance is frozen, and it may be replaced at any time.
 */
export class Gateway {
  #file;
  #env;
  #format;
  #stdio;
  /** @type {import('node:child_process').ChildProcess | undefined} */
  #instance;
  /** @type {Promise<unknown>} */
  #last = Promise.resolve();
  #server = createServer((req, res) => this.#handle(req, res));

  /**
   * @param {string} file the module that exports `handler`
   * @param {(origin: string) => Record<string, string>} env the environment of the function, where the gateway listens
   * @param {object} options
   * @param {{ toEvent: Function, sendResult: Function }} [options.format] how requests and answers are written;
   *   default: events of version 2.0
   * @param {'inherit' | 'ignore'} [options.stdio] where what the function prints goes; default: to this process' own
   */
  constructor(file, env = () => ({}), { format = events, stdio = 'inherit' } = {}) {
    this.#file = file;
    this.#env = env;
    this.#format = format;
    this.#stdio = stdio;
  }

  /** Listens; port 0 takes any. Resolves with the origin. */
  async listen(port = 0) {
    this.#server.listen(port, '127.0.0.1');
    await once(this.#server, 'listening');
    return this.#origin;
  }

  get #origin() {
    const address = /** @type {import('node:net').AddressInfo} */ (this.#server.address());
    return `http://localhost:${address.port}`;
  }

  /** The process id of the instance; `undefined` where there is none. */
  get instanceID() {
    return this.#instance?.pid;
  }

  /** Takes the instance away: the next request finds a new one, in which everything has to load. */
  async replaceInstance() {
    const instance = this.#instance;
    this.#instance = undefined;
    if (!instance) return;
    const gone = once(instance, 'exit');
    // Unlike SIGTERM, this reaches a process that is frozen.
    instance.kill('SIGKILL');
    await gone;
  }

  async close() {
    this.#server.closeAllConnections();
    await Promise.all([new Promise((resolve) => this.#server.close(resolve)), this.replaceInstance()]);
  }

  async #handle(req, res) {
    try {
      const body = Buffer.concat(await req.toArray());
      // An instance has one event at a time.
      const answer = this.#last.then(() => this.#invoke(this.#format.toEvent(req, body)));
      this.#last = answer.catch(() => {});
      this.#format.sendResult(await answer, res);
    } catch {
      // What went wrong, the instance has printed.
      if (!res.headersSent) res.writeHead(502);
      res.end('{"message":"Internal Server Error"}');
    }
  }

  async #invoke(event) {
    const instance = this.#instance ?? (await this.#start());
    if (canFreeze) instance.kill('SIGCONT');
    const context = { awsRequestId: event.requestContext.requestId, functionName: 'local' };
    instance.send({ event, context });
    const { result, problem } = await messageOf(instance);
    if (canFreeze) instance.kill('SIGSTOP');
    if (problem) throw new Error('The function failed');
    return result;
  }

  async #start() {
    const env = { ...process.env, ...this.#env(this.#origin) };
    const instance = fork(INSTANCE, [this.#file], {
      env,
      execArgv: [],
      stdio: ['ignore', this.#stdio, this.#stdio, 'ipc'],
    });
    const stop = () => instance.kill('SIGKILL');
    process.once('exit', stop);
    instance.once('exit', () => {
      process.off('exit', stop);
      if (this.#instance === instance) this.#instance = undefined;
    });
    this.#instance = instance;
    await messageOf(instance);
    return instance;
  }
}

/** The next message of an instance; rejects if the instance ends before. */
async function messageOf(instance) {
  const over = new AbortController();
  const { signal } = over;
  const gone = once(instance, 'exit', { signal }).then(([code]) => {
    throw new Error(`The instance ended (${code ?? 'killed'})`);
  });
  try {
    const [message] = await Promise.race([once(instance, 'message', { signal }), gone]);
    return message;
  } finally {
    gone.catch(() => {});
    over.abort();
  }
}
