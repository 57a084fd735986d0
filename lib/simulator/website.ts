import type { Express, Request, Response } from 'express';
import { avatar, icon, stylesheet } from './assets.js';
import { allow, cancel, readAuthorizationRequest } from './authorization.js';
import { graphRefusal, unknownWindowError } from './errors.js';
import { isCrossSite } from './hosts.js';
import { note } from './notes.js';
import { authorizationPage, homePage, loginPage, profilePage, sendPage } from './pages.js';
import { bodyParams, rawQuery } from './params.js';
import { removeApp } from './removal.js';
import type { Store } from './store.js';
import type { SimulatedUser } from './types.js';

/** Names the person who is logged in to the simulator. Not signed: any browser may log in as any person. */
const COOKIE = 'threads_simulator_user';

/** What a person sees: the authorization window, the log-in page, the people and their apps. */
export function routeWebsite(app: Express, store: Store, loggedIn: boolean): void {
  // Meta: Get Access Tokens and Permissions, step 1
  app.get('/oauth/authorize', (req, res) => {
    const user = userOf(req, store);
    if (!loggedIn && !user) return res.redirect(302, loginURL(req));
    const request = readAuthorizationRequest(rawQuery(req), store, (text) => note(req, text));
    store.lastOpened.set(request.app.clientID, new URL(request.redirectURI).origin);
    sendPage(req, res, authorizationPage(req, request, store, user));
  });

  // The form posts to the query it was opened with, so both methods pass the same checks.
  app.post('/oauth/authorize', (req, res) => {
    if (isCrossSite(req)) throw unknownWindowError();
    if (!loggedIn && !userOf(req, store)) return res.redirect(302, loginURL(req));
    const request = readAuthorizationRequest(rawQuery(req), store, (text) => note(req, text));
    const form = bodyParams(req);
    const decision = form.one('decision');
    if (decision === 'cancel') return res.redirect(302, cancel(request));
    if (decision !== 'allow') throw unknownWindowError();
    const user = store.users.get(form.one('user') ?? '');
    const location = allow(request, user, form.many('scope'), store);
    logIn(req, res, user!);
    res.redirect(302, location);
  });

  // Where Threads leaves the person when the window cannot open: bare JSON, which never comes back to the app.
  app.get('/oauth/authorize/error.json', (req, res) => {
    const shown = new URLSearchParams(rawQuery(req));
    const code = Number(shown.get('error_code'));
    res.status(400).json({ error_message: shown.get('error_message') ?? '', error_code: code });
  });

  app.get('/login', (req, res) => {
    sendPage(req, res, loginPage(req, store));
  });

  app.post('/login', (req, res) => {
    const user = store.users.get(bodyParams(req).one('user') ?? '');
    if (!user || isCrossSite(req)) throw graphRefusal(100, '(#100) There is no such person to log in');
    logIn(req, res, user);
    const next = new URLSearchParams(rawQuery(req)).get('next') ?? '';
    // A path of the simulator alone, so that the page leads to no other website.
    res.redirect(302, next.startsWith('/oauth/authorize?') ? `${req.baseUrl}${next}` : `${req.baseUrl}/`);
  });

  app.get('/', (req, res) => {
    sendPage(req, res, homePage(req, store));
  });

  app.get('/@:username', (req, res, next) => {
    const user = userNamed(req.params.username, store);
    if (!user) return next();
    sendPage(req, res, profilePage(req, user, store));
  });

  app.post('/remove', (req, res, next) => {
    const form = bodyParams(req);
    const removed = store.apps.get(form.one('app') ?? '');
    const user = store.users.get(form.one('user') ?? '');
    if (!removed || !user || isCrossSite(req))
      throw graphRefusal(100, '(#100) There is no such app to remove');
    const deleteData = form.one('data') === 'delete';
    removeApp(store, removed, user, deleteData)
      .then((report) => sendPage(req, res, homePage(req, store, { app: removed, user, deleteData, report })))
      .catch(next);
  });

  app.get('/pictures/:file', (req, res, next) => {
    const user = userNamed(req.params.file.replace(/\.svg$/, ''), store);
    if (!user) return next();
    res.set({
      'Content-Security-Policy': "default-src 'none'",
      'Cross-Origin-Resource-Policy': 'cross-origin',
    });
    res.type('image/svg+xml').send(avatar(user));
  });

  app.get('/simulator.css', (_req, res) => {
    res.type('css').send(stylesheet);
  });

  // Browsers look for the second name on their own when they show the window's bare JSON.
  app.get(['/icon.svg', '/favicon.ico'], (_req, res) => {
    res.type('image/svg+xml').send(icon);
  });
}

/** *Observed*: the window of Threads leads there in a browser that is not logged in. */
function loginURL(req: Request): string {
  return `${req.baseUrl}/login?${new URLSearchParams({ next: `/oauth/authorize?${rawQuery(req)}` })}`;
}

function userOf(req: Request, store: Store): SimulatedUser | undefined {
  const cookies = req.get('cookie') ?? '';
  return store.users.get(new RegExp(`(?:^|; )${COOKIE}=(\\d+)`).exec(cookies)?.[1] ?? '');
}

function logIn(req: Request, res: Response, user: SimulatedUser): void {
  res.cookie(COOKIE, user.id, { httpOnly: true, sameSite: 'lax', path: `${req.baseUrl}/oauth/authorize` });
}

function userNamed(username: string, store: Store): SimulatedUser | undefined {
  return [...store.users.values()].find((user) => user.username === username);
}
