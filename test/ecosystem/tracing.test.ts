import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { expectNoSecretIn } from '../faults/secrets.js';

const run = promisify(execFile);
const PROGRAM = fileURLToPath(new URL('traced-login.ts', import.meta.url));

interface Traced {
  spans: { attributes: Record<string, unknown>; events: { name: string }[] }[];
  secrets: { code: string; clientSecret: string; token: string; testerAccessToken: string; proofs: string[] };
  failure: string;
}

async function traced(instrumentation: string, hook: 'docs' | 'as it comes'): Promise<Traced> {
  const { stdout } = await run(process.execPath, ['--import', 'tsx', PROGRAM, instrumentation, hook]);
  return JSON.parse(stdout);
}

describe('OpenTelemetry with its UndiciInstrumentation', () => {
  it('exports no secret, token or code with the hook of docs/tracing.md', async () => {
    const { spans, secrets, failure } = await traced('UndiciInstrumentation', 'docs');
    const { code, clientSecret, token, testerAccessToken, proofs } = secrets;
    expectNoSecretIn(spans, [code, clientSecret, token, testerAccessToken, ...proofs]);

    const asked = spans.map(({ attributes }) => String(attributes['url.full']));
    expect(asked.join('\n'))
      .to.match(/\/v1\.0\/debug_token\?access_token=\[redacted\]&input_token=\[redacted\]/)
      .and.match(/\/v1\.0\/me\?fields=id%2Cusername/);
    expect(failure).to.equal('ThreadsNetworkError');
    expect(spans.at(-1)?.events.map(({ name }) => name)).to.deep.equal(['exception']);
  });

  it('exports tokens and the app secret without it, for they stand in the query', async () => {
    const { spans, secrets } = await traced('UndiciInstrumentation', 'as it comes');
    expectQueriesOf(secrets, spans);
  });
});

// The spans are those of the simulator's server: it is given the tokens as an app is given the code.
describe('OpenTelemetry with its HttpInstrumentation, in a server', () => {
  it('exports no query of a request with the hook of docs/tracing.md', async () => {
    const { spans, secrets } = await traced('HttpInstrumentation', 'docs');
    const { clientSecret, token, testerAccessToken, proofs } = secrets;
    expectNoSecretIn(spans, [clientSecret, token, testerAccessToken, ...proofs]);
    const queries = spans.map(({ attributes }) => String(attributes['url.query']));
    expect(queries.join('\n')).to.match(/access_token=\[redacted\]&input_token=\[redacted\]/);
  });

  it('exports them without it', async () => {
    const { spans, secrets } = await traced('HttpInstrumentation', 'as it comes');
    expectQueriesOf(secrets, spans);
  });
});

function expectQueriesOf({ clientSecret, token, testerAccessToken }: Traced['secrets'], spans: object): void {
  const text = JSON.stringify(spans);
  for (const secret of [clientSecret, token, testerAccessToken]) {
    expect(text).to.include(encodeURIComponent(secret));
  }
}
