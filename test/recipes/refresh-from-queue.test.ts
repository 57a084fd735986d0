import { expect } from 'chai';
import {
  createThreadsSimulator,
  simulatedApp,
  simulatedUsers,
  type ThreadsSimulator,
} from 'passport-threads-oauth2/simulator';

const DAY = 24 * 60 * 60 * 1000;
const { clientID, clientSecret } = simulatedApp;
const ID = simulatedUsers[0]!.id;

interface Row {
  accessToken: string;
  issuedAt?: Date;
  expiresAt?: Date;
  dataAccessExpiresAt?: Date | null;
  lastOutcome?: { outcome: string; at: Date };
}

interface Recipe {
  refreshFromQueue(ids: string[], store: object, milliseconds: number): Promise<object[]>;
  fromSQS(
    store: object,
  ): (
    event: { Records: { messageId: string; body: string }[] },
    context: { getRemainingTimeInMillis(): number },
  ) => Promise<object>;
}

describe('example/recipes/refresh-from-queue.mjs', () => {
  let simulator: ThreadsSimulator;
  let recipe: Recipe;
  let rows: Map<string, Row>;

  const store = {
    load: async (id: string) => rows.get(id),
    async save(id: string, accessToken: string, changes: Partial<Row>) {
      const row = rows.get(id);
      if (row?.accessToken === accessToken) rows.set(id, { ...row, ...changes });
    },
  };

  before(async () => {
    simulator = createThreadsSimulator();
    Object.assign(process.env, {
      THREADS_APP_ID: clientID,
      THREADS_APP_SECRET: clientSecret,
      THREADS_SIMULATOR_URL: await simulator.listen(),
    });
    recipe = (await import(
      new URL('../../example/recipes/refresh-from-queue.mjs', import.meta.url).href
    )) as Recipe;
  });

  after(async () => {
    for (const name of ['THREADS_APP_ID', 'THREADS_APP_SECRET', 'THREADS_SIMULATOR_URL'])
      delete process.env[name];
    await simulator.close();
  });

  beforeEach(() => {
    simulator.reset();
    simulator.travel(-54 * DAY);
    const accessToken = simulator.issueToken({ clientID, userId: ID, longLived: true });
    simulator.travel(54 * DAY);
    const dates = { issuedAt: new Date(Date.now() - 54 * DAY), expiresAt: new Date(Date.now() + 6 * DAY) };
    rows = new Map([[ID, { accessToken, ...dates, dataAccessExpiresAt: new Date(Date.now() + 36 * DAY) }]]);
  });

  it('gives an outcome for each id: of a due token, of one that is given twice, and of a person who has left', async () => {
    const { accessToken } = rows.get(ID)!;
    expect(await recipe.refreshFromQueue([ID, '7', ID], store, 60_000)).to.deep.equal([
      { id: ID, outcome: 'refreshed', reason: undefined, again: false },
      { id: '7', outcome: 'skipped', reason: 'left', again: false },
      { id: ID, outcome: 'refreshed', reason: undefined, again: false },
    ]);
    const row = rows.get(ID)!;
    expect(row.accessToken).not.to.equal(accessToken);
    expect(row.expiresAt).to.be.above(new Date(Date.now() + 59 * DAY));
    expect(row.dataAccessExpiresAt).to.be.instanceOf(Date);
    expect(simulator.requests.filter(({ path }) => path.includes('refresh'))).to.have.length(1);
  });

  it('does no harm where a message is delivered again', async () => {
    await recipe.refreshFromQueue([ID], store, 60_000);
    expect(await recipe.refreshFromQueue([ID], store, 60_000)).to.deep.equal([
      { id: ID, outcome: 'skipped', reason: 'young', again: false },
    ]);
  });

  it('says why a person must sign in again, and keeps it', async () => {
    simulator.revoke({ clientID, userId: ID });
    expect(await recipe.refreshFromQueue([ID], store, 60_000)).to.deep.equal([
      { id: ID, outcome: 'requires_login', reason: 'not_authorized', again: false },
    ]);
    expect(rows.get(ID)).to.nested.include({ 'lastOutcome.outcome': 'requires_login' });
  });

  it('keeps the new token where nobody says when the grant ends', async () => {
    simulator.fail('/debug_token', { status: 400, body: { error: { message: 'No', code: 10 } } });
    const [outcome] = await recipe.refreshFromQueue([ID], store, 60_000);
    expect(outcome).to.include({ outcome: 'refreshed' });
    expect(rows.get(ID)).to.include({ dataAccessExpiresAt: undefined });
  });

  it('asks nothing where there is no time, and leaves the messages in the queue', async () => {
    const handler = recipe.fromSQS(store);
    const Records = [{ messageId: 'm1', body: ID }];
    expect(await handler({ Records }, { getRemainingTimeInMillis: () => 1000 })).to.deep.equal({
      batchItemFailures: [{ itemIdentifier: 'm1' }],
    });
  });

  it('takes what is done out of the queue', async () => {
    const handler = recipe.fromSQS(store);
    const Records = [{ messageId: 'm1', body: ID }];
    expect(await handler({ Records }, { getRemainingTimeInMillis: () => 60_000 })).to.deep.equal({
      batchItemFailures: [],
    });
  });
});
