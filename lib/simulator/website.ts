import type { Express } from 'express';

import { avatar } from './avatar.js';
import { isCrossSite } from './cross-site.js';
import { graphRefusal } from './errors.js';
import { icon } from './icon.js';
import { overviewPage, sendPage } from './pages.js';
import { bodyParams } from './params.js';
import { removeApp } from './removal.js';
import type { Store } from './store.js';
import { stylesheet } from './stylesheet.js';

/** What a person sees apart from the authorization window. */
export function routeWebsite(app: Express, store: Store): void {
  app.get('/', (req, res) => {
    sendPage(req, res, overviewPage(req, store));
  });

  app.post('/remove', (req, res, next) => {
    const form = bodyParams(req);
    const removed = store.apps.get(form.one('app') ?? '');
    const user = store.users.get(form.one('user') ?? '');
    if (!removed || !user || isCrossSite(req))
      throw graphRefusal(100, '(#100) There is no such app to remove');
    const deleteData = form.one('data') === 'delete';
    removeApp(store, removed, user, deleteData)
      .then((report) =>
        sendPage(req, res, overviewPage(req, store, { app: removed, user, deleteData, report })),
      )
      .catch(next);
  });

  app.get('/pictures/:file', (req, res, next) => {
    const username = req.params.file.replace(/\.svg$/, '');
    const user = [...store.users.values()].find((candidate) => candidate.username === username);
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
