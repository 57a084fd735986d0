import { createRequire } from 'node:module';
import { setImmediate } from 'node:timers/promises';
import { expect } from 'chai';
import { rejection } from '../support/login.js';

// With `import`, Node.js 20.18 would load a file of lib/ once more for each test file that names it: two classes.
const require = createRequire(import.meta.url);
const { AppAccessToken } =
  require('../../lib/threads/app-token.js') as typeof import('../../lib/threads/app-token.js');
const { ThreadsGraphAPIError } =
  require('../../lib/threads/errors.js') as typeof import('../../lib/threads/errors.js');

const dead = new ThreadsGraphAPIError({ message: 'The inspector is dead', code: 190 });

/** An app token whose requests a test answers by hand. */
function appToken() {
  const requests: PromiseWithResolvers[] = [];
  const token = new AppAccessToken(() => {
    const request = withResolvers();
    requests.push(request);
    return request.promise;
  });
  return { token, requests };
}

interface PromiseWithResolvers {
  promise: Promise<string>;
  resolve: (token: string) => void;
  reject: (error: Error) => void;
}

function withResolvers(): PromiseWithResolvers {
  const parts = {} as PromiseWithResolvers;
  parts.promise = new Promise((resolve, reject) => Object.assign(parts, { resolve, reject }));
  return parts;
}

describe('the app token', () => {
  it('is waited for until it is there, and then asks in the same turn', async () => {
    const { token, requests } = appToken();
    const asked: string[] = [];
    const question = async (inspector: string) => asked.push(inspector);
    const first = token.inspect(question);
    expect(asked).to.deep.equal([]);
    requests[0]!.resolve('one');
    await first;
    const second = token.inspect(question);
    expect(asked).to.deep.equal(['one', 'one']);
    await second;
    expect(requests).to.have.length(1);
  });

  it('asks nothing more once it is called dead: a question that comes while it is replaced waits for the new one', async () => {
    const { token, requests } = appToken();
    const asked: string[] = [];
    const question = async (inspector: string) => {
      asked.push(inspector);
      if (inspector === 'one') throw dead;
    };
    const first = token.inspect(question);
    requests[0]!.resolve('one');
    await setImmediate();
    expect(requests).to.have.length(2);
    const meanwhile = [token.inspect(question), token.inspect(question)];
    requests[1]!.resolve('two');
    await Promise.all([first, ...meanwhile]);
    expect(asked).to.deep.equal(['one', 'two', 'two', 'two']);
  });

  it('is asked for again after a failure, and a failed one asks nothing', async () => {
    const { token, requests } = appToken();
    const question = async (inspector: string) => inspector;
    const failed = token.inspect(question);
    requests[0]!.reject(new Error('down'));
    expect(await rejection(failed)).to.have.property('message', 'down');
    const next = token.inspect(question);
    requests[1]!.resolve('two');
    expect(await next).to.equal('two');
  });
});
