import { expect } from 'chai';
import { createThreadsSimulator, simulatedApp } from '../../lib/simulator/index.js';
import { consult, useFolder } from './support.js';

describe('the doctor, explaining an error', () => {
  const folder = useFolder();
  const explain = (shown: string) => consult({}, ['--explain', shown], { folder: folder() });
  const page = 'https://www.threads.com/oauth/authorize/error.json';

  for (const [what, shown] of [
    ['nothing', ''],
    ['a sentence', 'URL Blocked'],
    ['JSON that is cut', '{"error_code": 1349168'],
    ['a list', '[]'],
    ['JSON of something else', '{"a":1}'],
    ['a URL that a shell cut at &', `${page}?error_message=URL+Blocked`],
    ['a URL of something else', 'https://app.example/callback?code=hush&state=hush'],
    ['code with letters', '190x'],
  ] as const) {
    it(`says of ${what} how to ask`, async () => {
      const { code, errors, text } = await explain(shown).catch((reason: Error) => ({
        code: 1,
        errors: [reason.message],
        text: reason.message,
      }));
      expect(code).to.equal(1);
      expect(errors.join() || text).to.include('between quotation marks');
      expect(text).not.to.include('hush');
    });
  }

  for (const [shown, words] of [
    [`${page}?error_message=URL+Blocked%3A+x&error_code=99`, 'not known here'],
    ['{"error_message":"x","error_code":99}', 'not known here'],
    ['99', 'not known here'],
    ['{"error":{"code":99,"message":"x"}}', 'not known here'],
  ] as const) {
    it(`ends with 1 for ${shown}, a code that is not known`, async () => {
      const { code, text } = await explain(shown);
      expect(code).to.equal(1);
      expect(text).to.include(words);
    });
  }

  for (const [errorCode, words] of [
    [4476002, 'Take the Threads App ID'],
    [1349026, 'Take the Threads App ID'],
    [1349168, 'trailing slash'],
    [1349187, 'https'],
    [1349245, 'accept the invite'],
    [1, 'client_id, redirect_uri and scope'],
  ] as const) {
    it(`explains ${errorCode} by its URL, by its JSON and by itself`, async () => {
      for (const shown of [
        `${page}?error_message=Some+words&error_code=${errorCode}`,
        `{"error_message":"Some words","error_code":${errorCode}}`,
        ` {"error_message":"Some words","error_code":"${errorCode}"}\n`,
        String(errorCode),
      ]) {
        const { code, text } = await explain(shown);
        expect(code, shown).to.equal(0);
        expect(text).to.include(`error_code ${errorCode}`).and.include('What to do: ').and.include(words);
        if (shown.includes('words')) expect(text.replace('+', ' ')).to.include('"Some words"');
      }
    });
  }

  for (const [shown, ...words] of [
    ['190', 'invalid_token', 'App secret'],
    ['190/463', 'expired', 'sign in again'],
    ['190 460', 'logged_out', 'sign in again'],
    ['100/10', 'not_tester', 'App Review'],
    ['10', 'permission', '`scope`'],
    ['4', 'rate_limited', 'back off'],
    ['80001', 'rate_limited', 'back off'],
    ['24', 'invalid_token', 'sign in again'],
    ['100', 'revoked', 'debug_token'],
    ['101', 'clientSecret'],
    ['452/4279019', 'invalid_session', 'use it as it is'],
    ['1', 'An unknown error has occurred', 'temporary'],
    [
      '{"error":{"message":"Session has expired on …","code":190,"error_subcode":463}}',
      'expired',
      'Session has',
    ],
    [
      '{"error_type":"OAuthException","code":400,"error_message":"Matching code was not found or was already used"}',
      'invalid_code',
    ],
    ['{"error":{"code":100,"error_subcode":4279030,"error_user_msg":"used"}}', 'invalid_code', '"used"'],
    ['https://app.example/cb?error=access_denied&error_reason=user_denied&state=hush', 'Cancel'],
    ['https://app.example/cb?error_code=1349168&error_message=URL+Blocked&state=hush', 'trailing slash'],
  ] as const) {
    it(`explains ${shown}`, async () => {
      const { code, text } = await explain(shown);
      expect(code).to.equal(0);
      for (const word of words) expect(text).to.include(word);
      expect(text).not.to.include('hush');
    });
  }

  it('prints text of the input as one harmless line', async () => {
    const message = `a\u001b[2Jb\r\n\u202e${'c'.repeat(5000)}`;
    const { text } = await explain(JSON.stringify({ error_message: message, error_code: 1 }));
    expect(text).to.match(/"a \[2Jb c{200,300}"/);
    expect(text.length).to.be.below(700);
  });

  it('explains what the simulator shows, wherever it leads the browser', async () => {
    const simulator = createThreadsSimulator();
    const origin = await simulator.listen();
    const query = {
      client_id: simulatedApp.clientID,
      redirect_uri: 'https://evil.example/',
      scope: 'threads_basic',
    };
    const shown = await fetch(`${origin}/oauth/authorize?${new URLSearchParams(query)}`);
    const json = await shown.text();
    await simulator.close();
    for (const input of [shown.url, json]) expect((await explain(input)).text).to.include('1349168');
  });
});
