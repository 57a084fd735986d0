import { expect } from 'chai';
import { createThreadsSimulator, simulatedApp } from '../../lib/simulator/index.js';

describe('simulator: the redirect URIs of the app that is there by default', () => {
  const { clientID } = simulatedApp;
  const simulator = createThreadsSimulator();
  const open = (redirect_uri: string) => {
    const query = { client_id: clientID, redirect_uri, scope: 'threads_basic' };
    return simulator.answer(`http://127.0.0.1:4000/oauth/authorize?${new URLSearchParams(query)}`);
  };

  for (const uri of [
    'http://localhost:3001/auth/threads/callback/',
    'http://localhost:3001/auth/threads/callback?x',
    'http://localhost:3001/auth/threads/Callback',
    'https://localhost:3000/auth/threads/callback',
    'http://localhost.evil.example/auth/threads/callback',
    'http://localhost:1@evil.example/auth/threads/callback',
    'http://evil.example:3000/auth/threads/callback',
    'http://127.0.0.1:3000@evil.example/auth/threads/callback',
    'http://127.0.0.2:3000/auth/threads/callback',
    'http://localhost:3000:3000/auth/threads/callback',
    'http://localhost:300000/auth/threads/callback',
    'https://app.example:8443/auth/threads/callback',
    'http://localhost/auth/threads/callback:3000',
  ]) {
    it(`are not ${uri}`, () =>
      expect(() => open(uri))
        .to.throw('URL Blocked')
        .with.property('errorCode', 1349168));
  }

  for (const uri of [
    'http://localhost:3000/auth/threads/callback',
    'http://localhost:1/auth/threads/callback',
    'http://localhost/auth/threads/callback',
    'http://127.0.0.1:65535/auth/threads/callback',
  ]) {
    it(`are ${uri} as well: any port of this machine (RFC 8252, section 7.3)`, () => {
      expect(open(uri)).to.match(new RegExp(`^${uri}\\?code=AQ`));
      expect(simulator.authorize({ clientID, redirectURI: uri })).to.match(/^AQ/);
    });
  }

  it('are compared to the letter for an app that does not ask for this', () => {
    simulator.addApp({ ...simulatedApp, anyLoopbackPort: false });
    expect(() => open('http://localhost:3001/auth/threads/callback')).to.throw('URL Blocked');
    simulator.addApp(simulatedApp);
  });
});
