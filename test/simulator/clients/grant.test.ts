import { expect } from 'chai';
import express from 'express';
import session from 'express-session';
import grant from 'grant';
import { ada } from '../support.js';
import { locationOf, useApp } from './support.js';

interface GrantAnswer {
  access_token?: string;
  profile?: object;
  error?: string;
}

describe('simulator: grant signs in against it', () => {
  const threads = useApp(({ app, home, simulator }) => {
    const { authorizationURL, tokenURL, graphURL } = simulator.endpoints;
    const handler = express();
    handler.use(session({ secret: 'x', resave: false, saveUninitialized: false }));
    handler.use(
      grant.express({
        defaults: { origin: home, transport: 'session', state: true },
        threads: {
          oauth: 2,
          authorize_url: authorizationURL,
          access_url: tokenURL,
          profile_url: `${graphURL}/me?fields=id,username`,
          key: app.clientID,
          secret: app.clientSecret,
          scope: ['threads_basic', 'threads_delete'],
          redirect_uri: `${home}/callback`,
          callback: '/done',
          response: ['tokens', 'profile'],
        },
      }),
    );
    handler.get('/callback', (req, res) => {
      res.redirect(`/connect/threads/callback?${req.originalUrl.split('?')[1]}`);
    });
    handler.get('/done', (req, res) => {
      res.json((req.session as { grant?: { response?: GrantAnswer } }).grant?.response);
    });
    return handler;
  });

  async function finish(back: string): Promise<GrantAnswer> {
    let page = await threads.visit(back);
    while (page.status === 302) page = await threads.visit(locationOf(page));
    return (await page.json()) as GrantAnswer;
  }

  it('as far as a cancellation', async () => {
    const window = locationOf(await threads.visit('/connect/threads'));
    const answer = await finish(threads.simulator.answer(window, { decision: 'cancel' }));
    expect(answer.error).to.equal('access_denied');
  });

  it('with tokens and profile', async () => {
    const window = locationOf(await threads.visit('/connect/threads'));
    const answer = await finish(threads.simulator.answer(window));
    expect(answer.access_token).to.match(/^TH/);
    expect(answer.profile).to.deep.equal({ id: ada.id, username: ada.username });
  });
});
