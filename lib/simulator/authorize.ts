import type { Express } from 'express';
import { allow, cancel, readAuthorizationRequest } from './authorization-request.js';
import { isCrossSite } from './cross-site.js';
import { AuthorizationWindowError } from './errors.js';
import { authorizationPage, sendPage } from './pages.js';
import { bodyParams, rawQuery } from './params.js';
import type { Store } from './store.js';

/** The authorization window (Meta: Get Access Tokens and Permissions, step 1). */
export function routeAuthorization(app: Express, store: Store): void {
  app.get('/oauth/authorize', (req, res) => {
    sendPage(req, res, authorizationPage(req, readAuthorizationRequest(rawQuery(req), store), store));
  });

  // The form posts to the query it was opened with, so both methods pass the same checks.
  app.post('/oauth/authorize', (req, res) => {
    if (isCrossSite(req)) throw new AuthorizationWindowError(1, 'An unknown error has occurred');
    const request = readAuthorizationRequest(rawQuery(req), store);
    const form = bodyParams(req);
    const decision = form.one('decision');
    if (decision === 'cancel') return res.redirect(302, cancel(request));
    if (decision !== 'allow') throw new AuthorizationWindowError(1, 'An unknown error has occurred');
    const user = store.users.get(form.one('user') ?? '');
    res.redirect(302, allow(request, user, form.many('scope'), store));
  });

  // Where Threads leaves the person when the window cannot open: bare JSON, which never comes back to the app.
  app.get('/oauth/authorize/error.json', (req, res) => {
    const shown = new URLSearchParams(rawQuery(req));
    const code = Number(shown.get('error_code'));
    res.status(400).json({ error_message: shown.get('error_message') ?? '', error_code: code });
  });
}
