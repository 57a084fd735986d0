import { app, authenticate, endpoints, peerEndpoints, verify } from '../login.js';

const redirectOf = (strategy) => () => authenticate(strategy, { url: '/auth', query: {}, headers: {} });

const contenders = {
  'passport-threads-oauth2': async (upstream) => {
    const { ThreadsStrategy } = await import('../../dist/index.js');
    return redirectOf(new ThreadsStrategy({ ...app, ...endpoints(upstream), state: false }, verify));
  },
  'passport-threads': async (upstream) => {
    const { Strategy } = await import('passport-threads').then((m) => m.default);
    return redirectOf(new Strategy({ ...app, ...peerEndpoints(upstream) }, verify));
  },
  'passport-facebook': async (upstream) => {
    const { Strategy } = await import('passport-facebook');
    const scope = ['public_profile'];
    return redirectOf(new Strategy({ ...app, ...peerEndpoints(upstream), scope }, verify));
  },
};

export default {
  title: 'Redirect leg, no state',
  columns: { rate: 'redirects a second', cpu: 'µs of CPU a redirect' },
  batch: 20_000,
  contenders,
  targets: { 'passport-facebook': { cpu: { atMost: 0.5 } } },
};
