// Mocha lets unhandled rejections pass; in an app, each would end the process. As uncaught exceptions, they fail the run.
process.on('unhandledRejection', (reason) => {
  throw reason;
});
