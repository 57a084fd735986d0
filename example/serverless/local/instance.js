// A process that runs a function, one event after the other, as an instance of a function platform does.
import { pathToFileURL } from 'node:url';

const { handler } = await import(pathToFileURL(process.argv[2]));

process.on('message', async ({ event, context }) => {
  try {
    process.send({ result: await handler(event, context) });
  } catch (error) {
    console.error(error);
    process.send({ problem: true });
  }
});
process.send({ ready: true });
