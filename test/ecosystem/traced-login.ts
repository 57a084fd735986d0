import { createHmac } from 'node:crypto';
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici';
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node';
import { redactURL, ThreadsClient, ThreadsStrategy } from '../../lib/index.js';
import { createThreadsSimulator, simulatedApp } from '../../lib/simulator/index.js';
import { refusedPort } from '../faults/serve.js';
import { read, snippets } from '../readme/markdown.js';
import { rejection } from '../support/login.js';
import { expectOutcome, runStrategy } from '../support/run-strategy.js';

// A process of its own: OpenTelemetry also puts itself between a process and whatever that loads later.
// Prints all that an exporter gets of a long-lived login, of a refusal and of a refused connection.

const { clientID, clientSecret } = simulatedApp;
const [callbackURL = ''] = simulatedApp.redirectURIs;

/** The instrumentation of the README, word for word. */
function instrumentationOfReadme(): UndiciInstrumentation {
  const code = snippets(read('README.md')).find((one) =>
    one.code.includes('new UndiciInstrumentation('),
  )?.code;
  const body = `${code?.replace(/^import .*$/gm, '')}\nreturn instrumentation;`;
  return new Function('UndiciInstrumentation', 'redactURL', body)(UndiciInstrumentation, redactURL);
}

async function main(): Promise<void> {
  const exporter = new InMemorySpanExporter();
  const instrumentation =
    process.argv[2] === 'README' ? instrumentationOfReadme() : new UndiciInstrumentation();
  instrumentation.setTracerProvider(
    new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }),
  );

  const simulator = createThreadsSimulator();
  await simulator.listen();
  const testerAccessToken = simulator.issueToken({ clientID });
  const code = simulator.authorize({ clientID, redirectURI: callbackURL });
  const options = { ...simulatedApp, ...simulator.endpoints, callbackURL, testerAccessToken };
  const strategy = new ThreadsStrategy(
    { ...options, state: false, longLived: true, enableProof: true },
    (accessToken, _refreshToken, _profile, done) => done(null, { id: accessToken } as never),
  );
  const { user } = expectOutcome(await runStrategy(strategy, { query: { code } }), 'success');
  const { id: token } = user as { id: string };

  const app = { clientID, clientSecret, enableProof: true };
  await rejection(new ThreadsClient({ ...app, ...simulator.endpoints }).exchangeToken(token));
  const graphURL = `http://127.0.0.1:${await refusedPort()}/v1.0`;
  const { name } = await rejection(new ThreadsClient({ ...app, graphURL }).getProfile(token));
  await simulator.close();

  const spans = exporter
    .getFinishedSpans()
    .map(({ name, attributes, events, status }) => ({ name, attributes, events, status }));
  const proofs = [token, testerAccessToken].map((one) =>
    createHmac('sha256', clientSecret).update(one).digest('hex'),
  );
  const secrets = { code, clientSecret, token, testerAccessToken, proofs };
  process.stdout.write(JSON.stringify({ spans, secrets, failure: name }));
}

main();
