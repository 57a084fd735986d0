// Loaded by Mocha before the tests of one file, which is run by hand; `npm test` is run-tests.ts.
if (process.env.MOCHA_WORKER_ID) {
  throw new Error('mocha --parallel ends with 0 when a worker dies: use npm test');
}

// Mocha lets unhandled rejections pass; in an app, each would end the process. As uncaught exceptions, they fail the run.
process.on('unhandledRejection', (reason) => {
  throw reason;
});
