import { createHmac } from 'node:crypto';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici';
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node';
import { read, snippets } from '../readme/markdown.js';

// A process of its own: OpenTelemetry puts itself between a process and whatever that loads later, so it comes first.
// Prints all that an exporter gets of a long-lived login, of a refusal and of a refused connection.

const instrumentations = { UndiciInstrumentation, HttpInstrumentation };
const [, , name = '', hook] = process.argv;
const Instrumentation = instrumentations[name as keyof typeof instrumentations];

/** The instrumentation of docs/tracing.md, word for word. */
function instrumentationOfDocs(redactURL: unknown): InstanceType<typeof Instrumentation> {
  const code = snippets(read('docs/tracing.md')).find((one) => one.code.includes(`new ${name}(`))?.code;
  const body = `${code?.replace(/^import .*$/gm, '')}\nreturn instrumentation;`;
  return new Function(name, 'redactURL', body)(Instrumentation, redactURL);
}

function rejection(promise: Promise<unknown>): Promise<Error> {
  return promise.then(
    () => Promise.reject(new Error('Nothing was refused')),
    (error: Error) => error,
  );
}

async function main(): Promise<void> {
  const exporter = new InMemorySpanExporter();
  // The lines of docs/tracing.md come first in an app, and are called later.
  const redactURL = (url: string | URL) => library.redactURL(url);
  const instrumentation = hook === 'docs' ? instrumentationOfDocs(redactURL) : new Instrumentation();
  instrumentation.setTracerProvider(
    new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }),
  );

  const library = await import('../../lib/index.js');
  const { createThreadsSimulator, simulatedApp } = await import('../../lib/simulator/index.js');
  const { freePort } = await import('../support/free-port.js');
  const { expectOutcome, runStrategy } = await import('../support/run-strategy.js');
  const { ThreadsClient, ThreadsStrategy } = library;
  const { clientID, clientSecret } = simulatedApp;
  const [callbackURL = ''] = simulatedApp.redirectURIs;

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
  const graphURL = `http://127.0.0.1:${await freePort()}/v1.0`;
  const failure = await rejection(new ThreadsClient({ ...app, graphURL }).getProfile(token));
  await simulator.close();

  const spans = exporter
    .getFinishedSpans()
    .map(({ name, attributes, events, status }) => ({ name, attributes, events, status }));
  const proofs = [token, testerAccessToken].map((one) =>
    createHmac('sha256', clientSecret).update(one).digest('hex'),
  );
  const secrets = { code, clientSecret, token, testerAccessToken, proofs };
  process.stdout.write(JSON.stringify({ spans, secrets, failure: failure.name }));
}

main();
