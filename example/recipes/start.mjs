// Opens a recipe in the browser, on a simulator: npm run recipe popup (at the root of the repository).
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { createThreadsSimulator, simulatedApp } from 'passport-threads-oauth2/simulator';

const RECIPES = {
  'ask-for-more': './ask-for-more.mjs',
  hono: './hono.mjs',
  'link-an-account': './link-an-account.mjs',
  nestjs: './nestjs.mts',
  'own-session': './own-session.mjs',
  'phone-token': './phone-token.mjs',
  popup: './popup.mjs',
  serverless: './serverless.mjs',
};
const file = RECIPES[process.argv[2]];
if (!file) {
  console.error(`Name a recipe: ${Object.keys(RECIPES).join(', ')}`);
  process.exit(1);
}

const port = Number(process.env.PORT || 3000);
const origin = `http://localhost:${port}`;
const callbackURL = `${origin}/auth/threads/callback`;
const { clientID, clientSecret } = simulatedApp;
const simulator = createThreadsSimulator({ apps: [{ ...simulatedApp, redirectURIs: [callbackURL] }] });
const threads = await simulator.listen(Number(process.env.SIMULATOR_PORT || 4000));

const { createApp } = await import(new URL(file, import.meta.url).href);
const app = await createApp({ clientID, clientSecret, callbackURL, simulator: threads });
createServer(app).listen(port, '127.0.0.1', () => {
  console.log(`Open ${origin}, with a simulator of Threads at ${threads}`);
  console.log(`The recipe is ${fileURLToPath(new URL(file, import.meta.url))}`);
  if (process.argv[2] === 'phone-token') {
    const token = simulator.issueToken({ clientID });
    console.log(
      `A phone sends the token that it has: curl -X POST -H 'Authorization: Bearer ${token}' ${origin}/api/session`,
    );
  }
});
