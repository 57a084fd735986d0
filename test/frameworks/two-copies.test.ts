import { createRequire } from 'node:module';
import { expect } from 'chai';
import express, { type ErrorRequestHandler } from 'express';
import { Passport } from 'passport';
import { ThreadsTokenError } from '../../lib/index.js';
import { ADA, type Mount, type Site, startSite } from './support.js';

// As npm leaves them where an app and one of its dependencies want different versions: here the sources, and the build.
describe('neighbours: two copies of the package in one process', () => {
  const copy: typeof import('../../lib/index.js') = createRequire(import.meta.url)('../../dist/index.js');
  let site: Site;
  let errors: unknown[];

  beforeEach(async () => {
    errors = [];
    const mount: Mount = (strategy) => {
      const passport = new Passport();
      passport.use(strategy);
      const app = express();
      app.get('/auth/threads', passport.authenticate('threads', { session: false }));
      app.get('/auth/threads/callback', passport.authenticate('threads', { session: false }), (req, res) => {
        res.json(req.user);
      });
      const failed: ErrorRequestHandler = (error, _req, res, _next) => {
        errors.push(error);
        res.status(500).send('Something went wrong.');
      };
      return app.use(failed);
    };
    site = await startSite(mount, { store: new copy.CookieStateStore() });
  });

  afterEach(() => site.close());

  const signIn = async () => site.browser.open(await site.browser.decide(await site.browser.start()));

  it('sign a person in together: the state store of the one has its key from the strategy of the other', async () => {
    expect(JSON.parse((await signIn()).text)).to.have.property('id', ADA);
    expect(errors).to.deep.equal([]);
  });

  it('tell an error of each other by isThreadsError, where instanceof does not', async () => {
    site.simulator.fail('POST /oauth/access_token', {
      status: 400,
      body: { error: { message: 'No', code: 1 } },
    });
    expect((await signIn()).text).to.equal('Something went wrong.');
    const [error] = errors;
    expect(error).to.be.instanceOf(ThreadsTokenError).and.not.instanceOf(copy.ThreadsTokenError);
    expect(copy.isThreadsError(error)).to.equal(true);
  });
});
