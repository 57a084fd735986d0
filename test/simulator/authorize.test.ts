import { expect } from 'chai';
import { ada, app, ask, mateo, useSimulator } from './support.js';

const REQUEST = {
  client_id: app.clientID,
  redirect_uri: 'https://app.example/callback',
  response_type: 'code',
  scope: 'threads_basic,threads_delete',
  state: 'xyz',
};

describe('simulator: the authorization window', () => {
  const threads = useSimulator();
  const open = (changes: Record<string, string> = {}) =>
    threads.get('/oauth/authorize', { ...REQUEST, ...changes });

  function decide(form: Record<string, string> | string, request: Record<string, string> = REQUEST) {
    return threads.post(`/oauth/authorize?${new URLSearchParams(request)}`, form);
  }

  describe('shows bare JSON that never comes back to the app', () => {
    async function expectError(answer: ReturnType<typeof open>, code: number, message: string) {
      const { status, headers } = await answer;
      expect(status).to.equal(302);
      const location = headers.get('location') ?? '';
      expect(location).to.match(/^\/oauth\/authorize\/error\.json\?error_message=.+&error_code=\d+$/);
      const shown = await threads.get(location);
      expect(shown.status).to.equal(400);
      expect(shown.headers.get('content-type')).to.contain('application/json');
      expect(shown.json).to.have.all.keys('error_message', 'error_code');
      expect(shown.json.error_code).to.equal(code);
      expect(shown.json.error_message).to.contain(message);
    }

    it('4476002 when client_id is missing', () =>
      expectError(
        open({ client_id: '' }),
        4476002,
        'Authorization Failed: No app ID was sent with the request.',
      ));

    it('1 when client_id is no number', () =>
      expectError(open({ client_id: 'my-app' }), 1, 'An unknown error has occurred'));

    it('4476002 when client_id is the Facebook App ID of a registered app', () => {
      threads.simulator.addApp({ ...app, facebookAppID: '3333333333333333' });
      return expectError(open({ client_id: '3333333333333333' }), 4476002, 'No app ID was sent');
    });

    it('1349026 when no app has the client_id', () =>
      expectError(open({ client_id: '999' }), 1349026, 'No application data was given'));

    for (const uri of [
      'https://app.example/callback/',
      'https://APP.example/callback',
      'https://app.example/callback?a=1',
      'https://evil.example/callback',
      'javascript:alert(1)',
    ]) {
      it(`1349168 when redirect_uri is ${uri}, which is not registered to the letter`, () =>
        expectError(open({ redirect_uri: uri }), 1349168, 'URL Blocked'));
    }

    it('1349187 when the app enforces https and the redirect URI is not', async () => {
      const redirectURIs = ['http://app.example/callback', 'https://app.example/callback'];
      threads.simulator.addApp({ ...app, redirectURIs, enforceHTTPS: true });
      await expectError(open({ redirect_uri: redirectURIs[0]! }), 1349187, 'Insecure Login Blocked');
      expect((await open()).status).to.equal(200);
      threads.simulator.addApp({ ...app, redirectURIs });
      expect((await open({ redirect_uri: redirectURIs[0]! })).status).to.equal(200);
    });

    it('1349245 when a person who is no tester allows an app in development mode', async () => {
      threads.simulator.addApp({ ...app, live: false });
      const answer = decide({ decision: 'allow', user: mateo.id });
      await expectError(answer, 1349245, 'The user has not accepted the invite to test the app');
      expect((await decide({ decision: 'allow', user: ada.id })).status).to.equal(302);
    });

    for (const [what, change] of Object.entries<Record<string, string>>({
      'redirect_uri is missing': { redirect_uri: '' },
      'response_type is not code': { response_type: 'token' },
      'scope is missing': { scope: '' },
      'scope lacks threads_basic': { scope: 'threads_delete' },
      'state is larger than 4096 characters': { state: 'x'.repeat(4097) },
    })) {
      it(`1 when ${what}`, () => expectError(open(change), 1, 'An unknown error has occurred'));
    }

    for (const name of ['client_id', 'redirect_uri', 'response_type', 'scope', 'state'] as const) {
      it(`1 when ${name} has two values`, () =>
        expectError(
          threads.get('/oauth/authorize', `${new URLSearchParams(REQUEST)}&${name}=other`),
          1,
          'An unknown error has occurred',
        ));

      it(`a refusal when ${name} is an object, or as if it were not there`, async () => {
        const { [name]: _, ...others } = REQUEST;
        const answer = await threads.get('/oauth/authorize', `${new URLSearchParams(others)}&${name}[a]=b`);
        if (name === 'state' || name === 'response_type') expect(answer.status).to.equal(200);
        else expect(answer.headers.get('location')).to.contain('/oauth/authorize/error.json?');
      });
    }

    it('1 when nobody was chosen, or somebody unknown', async () => {
      await expectError(decide({ decision: 'allow' }), 1, 'An unknown error has occurred');
      await expectError(decide({ decision: 'allow', user: '1' }), 1, 'An unknown error has occurred');
    });

    it('1 when the form says neither Allow nor Cancel, or both', async () => {
      await expectError(decide({ user: ada.id }), 1, 'An unknown error has occurred');
      await expectError(decide(`decision=allow&decision=cancel&user=${ada.id}`), 1, 'An unknown error');
    });

    it('1 when another website presses Allow', async () => {
      for (const header of [
        ['sec-fetch-site', 'cross-site'],
        ['origin', 'https://evil.example'],
      ] as const) {
        const answer = ask(`${threads.origin}/oauth/authorize?${new URLSearchParams(REQUEST)}`, {
          method: 'POST',
          body: new URLSearchParams({ decision: 'allow', user: ada.id }),
          headers: [[...header]],
        });
        await expectError(answer, 1, 'An unknown error has occurred');
      }
    });

    it('nothing of the kind when the button of the page itself was pressed', async () => {
      for (const header of [
        ['sec-fetch-site', 'none'],
        ['sec-fetch-site', 'same-origin'],
        ['origin', threads.origin],
      ] as const) {
        const { status } = await ask(`${threads.origin}/oauth/authorize?${new URLSearchParams(REQUEST)}`, {
          method: 'POST',
          body: new URLSearchParams({ decision: 'allow', user: ada.id }),
          headers: [[...header]],
        });
        expect(status).to.equal(302);
      }
    });

    it('the same checks when the form is submitted', async () => {
      const form = { decision: 'allow', user: ada.id };
      const evil = { ...REQUEST, redirect_uri: 'https://evil.example/' };
      await expectError(decide(form, evil), 1349168, 'URL Blocked');
      await expectError(decide({ ...form, decision: 'cancel' }, evil), 1349168, 'URL Blocked');
      await expectError(decide(form, { ...REQUEST, client_id: '999' }), 1349026, 'No application data');
    });
  });

  it('ignores what Threads does not know: PKCE, and parameters that would ask again', async () => {
    const request = {
      ...REQUEST,
      code_challenge: 'x',
      code_challenge_method: 'S256',
      auth_type: 'rerequest',
    };
    const { headers } = await decide({ decision: 'allow', user: ada.id }, request);
    expect(headers.get('location')).to.match(/^https:\/\/app\.example\/callback\?code=AQ[\w-]+&state=xyz#_$/);
  });

  it('its errors say what they were asked to say, as JSON that no browser takes for a page', async () => {
    const hostile = '<script>alert(1)</script>';
    const query = { error_message: hostile, error_code: '1' };
    const { headers, json } = await threads.get('/oauth/authorize/error.json', query);
    expect(json).to.deep.equal({ error_message: hostile, error_code: 1 });
    expect(headers.get('content-type')).to.contain('application/json');
    expect(headers.get('x-content-type-options')).to.equal('nosniff');
  });

  it('Cancel sends the person back with the documented parameters', async () => {
    const { status, headers } = await decide({ decision: 'cancel' });
    expect(status).to.equal(302);
    expect(headers.get('location')).to.equal(
      'https://app.example/callback?error=access_denied&error_reason=user_denied&error_description=The+user+denied+your+request&state=xyz#_',
    );
  });

  it('Allow sends the person back with a code, the state and the #_ fragment', async () => {
    const { status, headers } = await decide({ decision: 'allow', user: ada.id });
    expect(status).to.equal(302);
    expect(headers.get('location')).to.match(
      /^https:\/\/app\.example\/callback\?code=AQ[\w-]{40,}&state=xyz#_$/,
    );
  });

  it('a redirect URI keeps the query of its own', async () => {
    const request = { ...REQUEST, redirect_uri: 'https://app.example/callback?tenant=7' };
    const allowed = await decide({ decision: 'allow', user: ada.id }, request);
    expect(allowed.headers.get('location')).to.match(/callback\?tenant=7&code=AQ[\w-]+&state=xyz#_$/);
    const cancelled = await decide({ decision: 'cancel' }, request);
    expect(cancelled.headers.get('location')).to.contain('callback?tenant=7&error=access_denied&');
  });

  it('no state goes back when none came, and an empty one when an empty one came', async () => {
    const { state, ...stateless } = REQUEST;
    const without = await decide({ decision: 'cancel' }, stateless);
    expect(without.headers.get('location')).to.match(/your\+request#_$/);
    const empty = await decide({ decision: 'cancel' }, { ...REQUEST, state: '' });
    expect(empty.headers.get('location')).to.match(/&state=#_$/);
  });

  for (const state of [
    '%FF%00%fe',
    'a+b%20c',
    '%26code%3Devil%23_',
    '%F0%9F%93%B7',
    '"><script>',
    'a%0D%0Ab:c',
  ]) {
    it(`the state ${state} goes back byte for byte`, async () => {
      const { state: _, ...others } = REQUEST;
      const path = `/oauth/authorize?${new URLSearchParams(others)}&state=${state}`;
      const { headers } = await threads.post(path, { decision: 'cancel' });
      const location = headers.get('location') ?? '';
      const sent = new URL(`http://x/?state=${state}`).search;
      expect(new URL(location).search.split('&').at(-1)).to.equal(sent.slice(1));
      expect(new URL(location).hash).to.equal('#_');
    });
  }

  it('an unticked permission is not granted; threads_basic always is', async () => {
    const scope = 'threads_basic threads_delete threads_brand_new';
    const request = { ...REQUEST, scope };
    const form = { decision: 'allow', user: ada.id, scope: 'threads_brand_new' };
    const { headers } = await decide(form, request);
    const code = new URL(headers.get('location') ?? '').searchParams.get('code') ?? '';
    const { json } = await threads.post('/oauth/access_token', {
      client_id: app.clientID,
      client_secret: app.clientSecret,
      grant_type: 'authorization_code',
      redirect_uri: REQUEST.redirect_uri,
      code,
    });
    const accessToken = String(json.access_token);
    const answer = await threads.get('/v1.0/debug_token', {
      access_token: accessToken,
      input_token: accessToken,
    });
    expect((answer.json.data as { scopes: string[] }).scopes).to.deep.equal([
      'threads_basic',
      'threads_brand_new',
    ]);
  });

  it('a ticked permission that the app did not ask for is not granted', async () => {
    await decide({ decision: 'allow', user: ada.id, scope: 'threads_keyword_search' });
    const { text } = await threads.get('/');
    expect(text).to.contain('<code>threads_basic</code>').and.not.contain('threads_keyword_search');
  });

  it('is a page without script, frames or caching, and without a form-action that would block the way back', async () => {
    const { status, headers, text } = await open();
    expect(status).to.equal(200);
    expect(headers.get('content-type')).to.equal('text/html; charset=utf-8');
    expect(headers.get('cache-control')).to.equal('no-store');
    const policy = headers.get('content-security-policy');
    expect(policy).to.contain("default-src 'none'").and.contain("frame-ancestors 'none'");
    expect(policy).not.to.contain('form-action').and.not.to.contain('unsafe-inline');
    expect(text).not.to.match(/<script|<style| style=| on\w+=/i);
    expect(text)
      .to.contain('<html lang="en">')
      .and.match(/<title>.+<\/title>/);
    expect((await threads.get('/simulator.css')).headers.get('content-type')).to.contain('text/css');
  });

  it('says that it is a simulation, who asks, for what, and offers everybody', async () => {
    const { text } = await open({ scope: 'threads_basic threads_content_publish threads_brand_new' });
    expect(text).to.contain('Simulator').and.contain('This is not Threads');
    expect(text).to.contain('<strong>Postcard Club</strong> wants to access your Threads account');
    expect(text).to.contain('Ada Okafor').and.contain('@mateo.rivas');
    expect(text).to.contain('Publish posts').and.contain('<b>threads_brand_new</b>');
    expect(text).to.match(/value="threads_basic" checked disabled/);
    expect(text.match(/<legend>/g)).to.have.length(2);
  });

  it('every permission of the documentation is described', async () => {
    const names = [
      'threads_basic',
      'threads_content_publish',
      'threads_read_replies',
      'threads_manage_replies',
      'threads_manage_insights',
      'threads_manage_mentions',
      'threads_keyword_search',
      'threads_location_tagging',
      'threads_delete',
      'threads_profile_discovery',
      'threads_share_to_instagram',
    ];
    const { text } = await open({ scope: names.join(',') });
    for (const name of names) expect(text).to.contain(`<code>${name}</code>`);
    expect(text).not.to.contain('does not know this permission');
  });

  it('hostile names, permissions and states cannot inject markup', async () => {
    const hostile = `"'><img src=x onerror=alert(1)>&lt;`;
    threads.simulator.addApp({ ...app, name: hostile });
    threads.simulator.addUser({ ...ada, name: hostile, username: `u${hostile}` });
    threads.simulator.issueToken({ clientID: app.clientID, scope: [hostile] });
    const pages = [
      await open({ scope: `threads_basic,${hostile.replaceAll(' ', '')}`, state: hostile }),
      await threads.get('/'),
    ];
    for (const { status, text } of pages) {
      expect(status).to.equal(200);
      expect(text)
        .to.contain('&quot;&#39;&gt;&lt;img')
        .and.not.match(/<img src=x/);
      expect(text.match(/<img [^>]*>/g)?.every((tag) => tag.startsWith('<img src="/pictures/'))).to.equal(
        true,
      );
    }
  });

  it('still stands when there are no users', async () => {
    const { createThreadsSimulator } = await import('../../lib/simulator/index.js');
    const empty = createThreadsSimulator({ apps: [app], users: [] });
    const origin = await empty.listen();
    try {
      const page = await ask(`${origin}/oauth/authorize?${new URLSearchParams(REQUEST)}`);
      expect(page.text).to.contain('The simulator has no users');
      expect((await ask(`${origin}/`)).text).to.contain('There are no users');
    } finally {
      await empty.close();
    }
  });
});
