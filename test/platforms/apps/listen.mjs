/** Runs a server of Node on the port that the test wants. */
export function listen(server) {
  server.listen(Number(process.env.PORT), '127.0.0.1', () => console.log('listening'));
}
