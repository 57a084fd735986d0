import { app, callbackOf, endpoints, userId, verify } from '../login.js';
import { bareCalls } from './callback.js';

const contenders = {
  'passport-threads-oauth2': async (upstream) => {
    const { ThreadsStrategy } = await import('../../dist/index.js');
    return callbackOf(new ThreadsStrategy({ ...app, ...endpoints(upstream), state: false }, verify));
  },
  'bare undici.request': async (upstream) => {
    const calls = await bareCalls(upstream);
    return async () => {
      const token = await calls.token();
      const [{ id }, { data }] = await Promise.all([calls.me(token), calls.debugToken(token)]);
      if (id !== userId || data.user_id !== userId) throw new Error(`signed in ${id}`);
    };
  },
};

export default {
  title: 'Callback leg: the token, then /me and debug_token side by side',
  columns: { rate: 'logins a second', cpu: 'µs of CPU a login' },
  batch: 600,
  contenders,
  targets: { 'bare undici.request': { cpu: { atMost: 0.9 } } },
};
