import Koa from 'koa';
import { KoaPassport } from 'koa-passport';
import { createSession } from 'koa-session';
import { itSignsPeopleIn } from './contract.js';
import type { Mount } from './support.js';

interface Info {
  state?: unknown;
  message: string;
}

const withKoa: Mount = (strategy) => {
  const passport = new KoaPassport();
  passport.use(strategy);
  passport.serializeUser((user, done) => done(null, (user as { id: string }).id));
  const app = new Koa();
  app.keys = ['a key for the session cookie'];
  app.silent = true;
  app.use(createSession({ key: 'visited' }, app));
  app.use(passport.initialize());

  const start = passport.authenticate('threads', { state: { from: 'a letter' } });
  app.use(async (ctx, next) => {
    ctx.session.visits = (ctx.session.visits ?? 0) + 1;
    if (ctx.path === '/auth/threads') return start(ctx as never, next);
    const finish = passport.authenticate('threads', async (error, user, info, status) => {
      if (error) throw error;
      if (!user) {
        ctx.status = Number(status);
        ctx.body = { message: (info as Info).message };
        return;
      }
      await ctx.login(user);
      ctx.body = { user: ctx.state.user, state: (info as Info).state };
    });
    return finish(ctx as never, next);
  });
  return app.callback();
};

describe('frameworks: Koa', () => itSignsPeopleIn(withKoa));
