import type { ErrorRequestHandler } from 'express';
import express5 from 'express';
import express4 from 'express4';
import { Passport } from 'passport';
import { itSignsPeopleIn } from './contract.js';
import type { Mount } from './support.js';

const withExpress =
  (express: typeof express5): Mount =>
  (strategy) => {
    const passport = new Passport();
    passport.use(strategy);
    const app = express();

    app.use((_req, res, next) => {
      res.cookie('visited', 'yes');
      next();
    });
    app.get('/auth/threads', passport.authenticate('threads', { state: { from: 'a letter' } } as object));
    app.get('/auth/threads/callback', (req, res, next) => {
      passport.authenticate(
        'threads',
        (error: unknown, user: unknown, info: { state?: unknown; message?: string }, status: number) => {
          if (error) next(error);
          else if (user) res.json({ user, state: info.state });
          else res.status(status).json({ message: info.message });
        },
      )(req, res, next);
    });
    const failed: ErrorRequestHandler = (error, _req, res, _next) => {
      res.status(error.status).json({ message: error.message });
    };
    app.use(failed);
    return app;
  };

describe('frameworks: Express 4', () => itSignsPeopleIn(withExpress(express4)));

describe('frameworks: Express 5', () => itSignsPeopleIn(withExpress(express5)));
