import { type RequestHandler, Router } from 'express';
import type passport from 'passport';
import { authenticateOptions } from 'passport-threads-oauth2';
import type { Config } from './config.js';
import { requireLinkToken } from './csrf.js';
import type { LoginState } from './login-state.js';
import type { Outcome } from './outcome.js';
import { compare, describe, scopesToAskFor } from './permissions.js';
import type { SignIn } from './users.js';

declare module 'express-session' {
  interface SessionData {
    /** What was just asked for, until the settings page has said what became of it. */
    asked?: string[];
  }
}

/**
 * Permissions that are asked for when they are needed, and not at the first sign-in: the settings page, and the
 * route that sends a signed-in person to Threads for one more. The answer comes back to the callback of every
 * sign-in (`auth.ts`), so no further redirect URI has to be registered.
 */
export function askingForMore(authenticator: passport.Authenticator, config: Config): Router {
  const offered = [...new Set([...config.threads.scope, ...config.optionalScopes])];
  const router = Router();

  router.get('/settings', requireUser, (req, res) => {
    const granted = req.user!.token.scopes;
    const { asked } = req.session;
    delete req.session.asked;
    res.render('settings', {
      title: 'Settings',
      permissions: compare(offered, granted),
      allowed: asked?.filter((scope) => granted?.includes(scope)).map(describe) ?? [],
      refused: asked?.filter((scope) => !granted?.includes(scope)).map(describe) ?? [],
    });
  });

  // With the token, because otherwise another site could ask for permissions in this app's name.
  router.get('/auth/threads/more', requireUser, requireLinkToken, (req, res, next) => {
    const { scope } = req.query;
    if (typeof scope !== 'string' || !offered.includes(scope)) return next();
    const user = req.user!;
    const state: LoginState = { returnTo: '/settings', more: { account: user.id, scopes: [scope] } };
    // Together with all that is granted already, since the new token takes the place of the old one.
    const options = authenticateOptions({ scope: scopesToAskFor(config, user, [scope]), state });
    authenticator.authenticate('threads', options)(req, res, next);
  });

  return router;
}

/**
 * What to show when another account allowed it than the one that asked. It names neither, since it is kept in the
 * session, where a deletion of that account's data does not reach.
 */
export function otherAccount({ id }: SignIn, asking: string): Outcome | undefined {
  if (id === asking) return undefined;
  return {
    status: 403,
    title: 'That was another Threads account',
    text: 'You allowed it with another account than the one that asked, and nothing of that account was kept. Switch to the one that asked in Threads, then try again from the settings.',
    back: { href: '/settings', label: 'Back to the settings' },
  };
}

const requireUser: RequestHandler = (req, res, next) => {
  if (req.user) next();
  else res.redirect(303, '/?returnTo=/settings#top');
};
