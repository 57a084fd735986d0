import { createHmac } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { ada, app, ask, otherApp, START, useSimulator } from './support.js';

describe('simulator: removing an app', () => {
  const threads = useSimulator();
  const ids = { clientID: app.clientID, userId: ada.id };
  let received: { url: string | undefined; type: string | undefined; body: string }[];
  let reply: { status: number; body: string };
  let server: Server;
  let callbacks: string;

  beforeEach(async () => {
    received = [];
    reply = { status: 200, body: '{"url":"https://app.example/deletion?id=K7","confirmation_code":"K7"}' };
    server = createServer((req, res) => {
      let body = '';
      req.on('data', (chunk) => {
        body += chunk;
      });
      req.on('end', () => {
        received.push({ url: req.url, type: req.headers['content-type'], body });
        res.writeHead(reply.status).end(reply.body);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    callbacks = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    threads.simulator.addApp({
      ...app,
      deauthorizeURL: `${callbacks}/gone`,
      dataDeletionURL: `${callbacks}/delete`,
    });
  });

  afterEach(() => {
    server.close();
    server.closeAllConnections();
  });

  it('reports an app that does not answer, and removes it all the same', async () => {
    const token = threads.token();
    server.close();
    server.closeAllConnections();
    const { deauthorize, dataDeletion } = await threads.simulator.removeApp({ ...ids, deleteData: true });
    expect(deauthorize).to.have.property('status', 0);
    expect(deauthorize?.error).to.contain('ECONNREFUSED');
    expect(dataDeletion).to.have.property('status', 0);
    expect((await threads.get('/v1.0/me', { access_token: token })).error.error_subcode).to.equal(458);
  });

  for (const body of [
    '',
    'null',
    '<html>',
    '{"url":1}',
    '[]',
    '{"url":"https://app.example/"}',
    'x'.repeat(100_000),
  ]) {
    it(`reports a data deletion answer of ${body.slice(0, 30) || 'nothing'}`, async () => {
      reply.body = body;
      const { dataDeletion } = await threads.simulator.removeApp({ ...ids, deleteData: true });
      expect(dataDeletion).to.have.all.keys('status', 'error');
      expect(dataDeletion?.error).to.be.a('string').and.not.equal('');
    });
  }

  it('reads no more than 64 KB of an answer', async () => {
    reply.body = JSON.stringify({ ...JSON.parse(reply.body), padding: 'x'.repeat(100_000) });
    const { dataDeletion } = await threads.simulator.removeApp({ ...ids, deleteData: true });
    expect(dataDeletion).to.deep.equal({ status: 200, error: 'The answer is too large' });
  });

  it('does not follow redirects', async () => {
    reply.status = 302;
    expect((await threads.simulator.removeApp(ids)).deauthorize).to.deep.equal({ status: 302 });
    expect(received).to.have.length(1);
  });

  it('throws for an app or a person it does not know', async () => {
    const errors = await Promise.all([
      threads.simulator.removeApp({ ...ids, clientID: '9' }).catch((error: Error) => error.message),
      threads.simulator.removeApp({ ...ids, userId: '9' }).catch((error: Error) => error.message),
    ]);
    expect(errors[0]).to.contain('no app');
    expect(errors[1]).to.contain('no user');
  });

  it('calls nobody when the app registered no callback', async () => {
    const report = await threads.simulator.removeApp({
      clientID: otherApp.clientID,
      userId: ada.id,
      deleteData: true,
    });
    expect(report).to.deep.equal({});
    expect(received).to.deep.equal([]);
  });

  it('posts a signed request to the uninstall callback', async () => {
    expect(await threads.simulator.removeApp(ids)).to.deep.equal({ deauthorize: { status: 200 } });
    expect(received).to.have.length(1);
    expect(received[0]).to.include({ url: '/gone' });
    expect(received[0]?.type).to.contain('application/x-www-form-urlencoded');
    const signedRequest = new URLSearchParams(received[0]?.body).get('signed_request') ?? '';
    const [signature, payload = ''] = signedRequest.split('.');
    expect(signature).to.equal(createHmac('sha256', app.clientSecret).update(payload).digest('base64url'));
    expect(JSON.parse(Buffer.from(payload, 'base64url').toString())).to.deep.equal({
      algorithm: 'HMAC-SHA256',
      issued_at: START / 1000,
      user_id: ada.id,
    });
  });

  it('posts to the data deletion callback as well, and reads where the deletion can be followed', async () => {
    const report = await threads.simulator.removeApp({ ...ids, deleteData: true });
    expect(report).to.deep.equal({
      deauthorize: { status: 200 },
      dataDeletion: { status: 200, url: 'https://app.example/deletion?id=K7', confirmationCode: 'K7' },
    });
    expect(received.map(({ url }) => url)).to.deep.equal(['/gone', '/delete']);
  });

  describe('on the page', () => {
    const press = (form: Record<string, string>) => threads.post('/remove', form);

    it('is refused for apps and people it does not know, and to other websites', async () => {
      expect((await press({ app: '9', user: ada.id })).status).to.equal(400);
      expect((await press({ app: app.clientID, user: '9' })).status).to.equal(400);
      const crossSite = await ask(`${threads.origin}/remove`, {
        method: 'POST',
        body: new URLSearchParams({ app: app.clientID, user: ada.id }),
        headers: { 'sec-fetch-site': 'same-site' },
      });
      expect(crossSite.status).to.equal(400);
      expect(received).to.deep.equal([]);
    });

    it('shows that an app did not answer', async () => {
      threads.token();
      server.close();
      server.closeAllConnections();
      const { status, text } = await press({ app: app.clientID, user: ada.id, data: 'delete' });
      expect(status).to.equal(200);
      expect(text).to.contain('No answer').and.contain('ECONNREFUSED');
    });

    it('does not link to a status page that is no web address, nor let it inject markup', async () => {
      reply.body = JSON.stringify({
        url: 'javascript:alert(1)//<b>',
        confirmation_code: '<script>1</script>',
      });
      const { text } = await press({ app: app.clientID, user: ada.id, data: 'delete' });
      expect(text).to.contain('javascript:alert(1)//&lt;b&gt;').and.not.contain('href="javascript');
      expect(text).to.contain('&lt;script&gt;').and.not.contain('<script');
    });

    it('lists grants with a button each, and takes a removed one off the list', async () => {
      threads.token();
      const before = (await threads.get('/')).text;
      expect(before).to.contain('<b>Postcard Club</b>').and.contain('Remove app and delete data');
      const { text } = await press({ app: app.clientID, user: ada.id, data: 'keep' });
      expect(text).to.contain('@ada.okafor removed Postcard Club').and.contain('HTTP 200');
      expect(text).not.to.contain('Remove app and delete data');
      expect(received.map(({ url }) => url)).to.deep.equal(['/gone']);
    });

    it('shows the status page and the confirmation code of a deletion', async () => {
      const { text } = await press({ app: app.clientID, user: ada.id, data: 'delete' });
      expect(text).to.contain('<a href="https://app.example/deletion?id=K7"').and.contain('<code>K7</code>');
    });
  });
});
