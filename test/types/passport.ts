import type { Express } from 'express';
import passport from 'passport';
import type { Strategy as OAuth2Strategy } from 'passport-oauth2';
import { authenticateOptions, type ThreadsAuthenticateOptions, ThreadsStrategy } from '../../lib/index.js';

const strategy = new ThreadsStrategy(
  { clientID: '1', clientSecret: 's', callbackURL: 'https://app.example/callback' },
  async (_accessToken, _refreshToken, _profile) => false,
);

export const isAStrategy: passport.Strategy = strategy;
export const isAnOAuth2Strategy: OAuth2Strategy = strategy;

export function routes(app: Express) {
  passport.use(strategy);
  passport.use('threads-of-another-app', strategy);

  app.get('/auth/threads', passport.authenticate('threads'));
  app.get(
    '/publish',
    passport.authenticate('threads', { scope: ['threads_basic', 'threads_content_publish'] }),
  );
  app.get('/own', passport.authenticate('threads', { state: 'a state of the app itself' }));
  app.get('/link', passport.authorize('threads', { scope: 'threads_basic' }));
  app.get(
    '/auth/threads/callback',
    passport.authenticate('threads', { failureRedirect: '/login', successRedirect: '/' }),
  );

  // Passport's own types know a `state` that is a string.
  app.get('/settings', passport.authenticate('threads', { state: '/settings' }));
  app.get(
    '/return',
    passport.authenticate('threads', authenticateOptions({ state: { returnTo: '/home' }, session: false })),
  );
  app.get(
    '/scope',
    passport.authenticate('threads', authenticateOptions({ scope: ['threads_basic'] as const })),
  );
  // @ts-expect-error a misspelt option is found
  app.get('/misspelt', passport.authenticate('threads', authenticateOptions({ scopes: ['threads_basic'] })));
}

// @ts-expect-error a misspelt option is found
export const misspelt: ThreadsAuthenticateOptions = { scopes: ['threads_basic'] };
