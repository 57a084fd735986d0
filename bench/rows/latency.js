import { app, callbackOf, endpoints, verify } from '../login.js';

const contender = (options) => async (upstream) => {
  const { ThreadsStrategy } = await import('../../dist/index.js');
  return callbackOf(
    new ThreadsStrategy({ ...app, ...endpoints(upstream), state: false, ...options }, verify),
  );
};

export default {
  title: 'One login, Threads 50 ms away, after others',
  columns: { ms: 'ms', roundTrips: 'round trips' },
  ratios: [],
  delay: 50,
  batch: 1,
  inFlight: 1,
  contenders: {
    'passport-threads-oauth2': contender({}),
    'passport-threads-oauth2, longLived': contender({ longLived: true }),
  },
  targets: {
    'passport-threads-oauth2': { roundTrips: { exactly: 2 } },
    'passport-threads-oauth2, longLived': { roundTrips: { exactly: 2 } },
  },
};
