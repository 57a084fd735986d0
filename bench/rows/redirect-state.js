import { IncomingMessage, ServerResponse } from 'node:http';
import { app, authenticate, endpoints, peerEndpoints, verify } from '../login.js';

const contenders = {
  'passport-threads-oauth2': async (upstream) => {
    const { ThreadsStrategy } = await import('../../dist/index.js');
    const strategy = new ThreadsStrategy({ ...app, ...endpoints(upstream) }, verify);
    return () => respond((_req, _res, next) => next(), strategy);
  },
  'passport-facebook + express-session': async (upstream) => {
    const { Strategy } = await import('passport-facebook');
    const { default: session } = await import('express-session');
    const scope = ['public_profile'];
    const strategy = new Strategy({ ...app, ...peerEndpoints(upstream), scope, state: true }, verify);
    // Sessions that nobody comes back to must not pile up from one round to the next.
    const store = new session.MemoryStore();
    const middleware = session({
      store,
      secret: app.clientSecret,
      resave: false,
      saveUninitialized: false,
    });
    let started = 0;
    return () => {
      if (++started % 5_000 === 0) store.clear();
      return respond(middleware, strategy);
    };
  },
};

export default {
  title: 'Redirect leg with state: a signed cookie, or a session in memory',
  columns: { rate: 'redirects a second', cpu: 'µs of CPU a redirect' },
  batch: 5_000,
  contenders,
  targets: { 'passport-facebook + express-session': { rate: { moreThan: 1 } } },
};

/** A whole response of node:http, Set-Cookie included, that goes to no socket. */
function respond(middleware, strategy) {
  const req = Object.assign(new IncomingMessage(null), { url: '/auth', originalUrl: '/auth', query: {} });
  const res = new ServerResponse(req);
  req.res = res;
  return new Promise((resolve, reject) => {
    const { end } = res;
    res.end = (...args) => {
      end.apply(res, args);
      if (!res.getHeader('set-cookie')) reject(new Error('no cookie was set'));
      resolve();
    };
    middleware(req, res, async () => {
      const location = await authenticate(strategy, req).catch(reject);
      res.statusCode = 302;
      res.setHeader('Location', location);
      res.setHeader('Content-Length', '0');
      res.end();
    });
  });
}
