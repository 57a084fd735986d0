import { IncomingMessage, ServerResponse } from 'node:http';
import { app, endpoints, verify } from '../login.js';

/** A row that ends logins which must not succeed: with hostile input, and with harmless input of the same size. */
export function hostileInput(what, inputs, options = { state: false }) {
  const size = (input) => JSON.stringify(input).length;
  if (size(inputs.hostile) !== size(inputs.harmless)) throw new Error(`${what}: of different sizes`);

  const contender = (input) => async (upstream) => {
    const { ThreadsStrategy } = await import('../../dist/index.js');
    const strategy = new ThreadsStrategy({ ...app, ...endpoints(upstream), ...options }, verify);
    return () => refuse(strategy, input);
  };
  return {
    title: `Hostile input: ${what}`,
    columns: { rate: 'callbacks a second', cpu: 'µs of CPU a callback' },
    ratios: ['cpu'],
    batch: 500,
    contenders: {
      hostile: contender(inputs.hostile),
      'harmless, of the same size': contender(inputs.harmless),
    },
    targets: { 'harmless, of the same size': { cpu: { atMost: 2 } } },
  };
}

/** The callback leg with a response of node:http that goes to no socket. */
function refuse(strategy, input) {
  const req = Object.assign(new IncomingMessage(null), input);
  req.res = new ServerResponse(req);
  return new Promise((resolve, reject) => {
    const attempt = Object.create(strategy);
    attempt.success = () => reject(new Error('signed in'));
    attempt.error = resolve;
    attempt.fail = resolve;
    attempt.authenticate(req, {});
  });
}
