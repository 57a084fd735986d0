import nock from 'nock';

// Importing nock patches the network of the whole process, of the tests that want real sockets as well.
nock.restore();

/** Puts nock in the way of every request while the tests around it run, and checks that all mocks were used. */
export function useNock(): typeof nock {
  before(() => {
    nock.activate();
    nock.disableNetConnect();
  });
  afterEach(() => {
    const pending = nock.pendingMocks();
    nock.cleanAll();
    if (pending.length > 0) throw new Error(`Never asked: ${pending.join(', ')}`);
  });
  after(() => {
    nock.enableNetConnect();
    nock.restore();
  });
  return nock;
}
