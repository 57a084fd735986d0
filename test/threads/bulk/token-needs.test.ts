import { expect } from 'chai';
import { type StoredToken, tokenNeeds } from '../../../lib/index.js';

const HOUR = 60 * 60 * 1000;
const DAY = 24 * HOUR;
const NOW = Date.UTC(2026, 8, 1);
const now = () => NOW;

/** A time in days from now. */
const days = (count: number) => new Date(NOW + count * DAY);

describe('tokenNeeds', () => {
  const cases: [title: string, stored: StoredToken, need: object][] = [
    [
      'asks the person when Threads wanted a new login, whatever the dates say',
      { issuedAt: days(-30), expiresAt: days(30), lastOutcome: { outcome: 'requires_login', at: days(-1) } },
      { action: 'ask_person', reason: 'requires_login', daysLeft: 0, lookAgainAt: null },
    ],
    [
      'does not hold the death of an earlier token against the one of a new login',
      { issuedAt: days(-2), expiresAt: days(58), lastOutcome: { outcome: 'requires_login', at: days(-3) } },
      { action: 'none', reason: 'not_due', lookAgainAt: days(51) },
    ],
    [
      'asks the person when the token has expired, to the millisecond',
      { issuedAt: days(-60), expiresAt: days(0) },
      { action: 'ask_person', reason: 'expired', daysLeft: 0, lookAgainAt: null },
    ],
    [
      'refreshes a token that lives for one more millisecond',
      { issuedAt: days(-60), expiresAt: new Date(NOW + 1) },
      { action: 'refresh', reason: 'due', lookAgainAt: new Date(NOW + HOUR) },
    ],
    [
      'asks the person when the grant has ended, although the token has not',
      { issuedAt: days(-30), expiresAt: days(30), dataAccessExpiresAt: days(0) },
      { action: 'ask_person', reason: 'grant_ended', daysLeft: 0, lookAgainAt: null },
    ],
    [
      'does nothing for an hour after a refresh that failed',
      {
        issuedAt: days(-55),
        expiresAt: days(5),
        lastOutcome: { outcome: 'failed', at: new Date(NOW - HOUR + 1) },
      },
      { action: 'none', reason: 'failed_lately', lookAgainAt: new Date(NOW + 1) },
    ],
    [
      'refreshes again an hour after a refresh that failed',
      {
        issuedAt: days(-55),
        expiresAt: days(5),
        lastOutcome: { outcome: 'failed', at: new Date(NOW - HOUR) },
      },
      { action: 'refresh', reason: 'due', lookAgainAt: new Date(NOW + HOUR) },
    ],
    [
      'tries a refresh first when the grant is about to end, since it extends those of public profiles',
      { issuedAt: days(-30), expiresAt: days(30), dataAccessExpiresAt: days(14) },
      { action: 'refresh', reason: 'grant_ending', lookAgainAt: new Date(NOW + HOUR) },
    ],
    [
      'asks the person when a refresh did not extend the grant, and says how many whole days are left',
      {
        issuedAt: days(-2),
        expiresAt: days(58),
        dataAccessExpiresAt: days(10.5),
        lastOutcome: { outcome: 'refreshed', at: days(-2) },
      },
      { action: 'ask_person', reason: 'grant_ending', daysLeft: 10, lookAgainAt: days(10.5) },
    ],
    [
      'asks the person at once when the grant is not extended by a refresh of a minute ago',
      {
        issuedAt: new Date(NOW - 60_000),
        expiresAt: days(60),
        dataAccessExpiresAt: days(13),
      },
      { action: 'ask_person', reason: 'grant_ending', daysLeft: 13, lookAgainAt: days(13) },
    ],
    [
      'leaves a token alone that is not 24 hours old, and looks again when it is due',
      { issuedAt: new Date(NOW - DAY + 1), expiresAt: days(59) },
      { action: 'none', reason: 'young', lookAgainAt: days(52) },
    ],
    [
      'leaves a young token alone that nears its end, and looks again when it is 24 hours old',
      { issuedAt: new Date(NOW - DAY + 1), expiresAt: days(3) },
      { action: 'none', reason: 'young', lookAgainAt: new Date(NOW + 1) },
    ],
    [
      'looks again at a short-lived token, which never gets 24 hours old, when it ends',
      { issuedAt: days(0), expiresAt: new Date(NOW + HOUR) },
      { action: 'none', reason: 'young', lookAgainAt: new Date(NOW + HOUR) },
    ],
    [
      'refreshes a token that is 24 hours old and in its last 7 days',
      { issuedAt: days(-1), expiresAt: days(7) },
      { action: 'refresh', reason: 'due', lookAgainAt: new Date(NOW + HOUR) },
    ],
    [
      'does nothing 7 days and a millisecond before the end',
      { issuedAt: days(-53), expiresAt: new Date(NOW + 7 * DAY + 1) },
      { action: 'none', reason: 'not_due', lookAgainAt: new Date(NOW + 1) },
    ],
    [
      'looks again when the grant nears its end, where that is earlier',
      { issuedAt: days(-2), expiresAt: days(58), dataAccessExpiresAt: days(20) },
      { action: 'none', reason: 'not_due', lookAgainAt: days(6) },
    ],
    [
      'refreshes a token of which nothing is known',
      {},
      { action: 'refresh', reason: 'due', lookAgainAt: new Date(NOW + HOUR) },
    ],
    [
      'never comes back to a token and a grant without an end',
      { issuedAt: days(-2), expiresAt: null, dataAccessExpiresAt: null },
      { action: 'none', reason: 'not_due', lookAgainAt: null },
    ],
  ];
  for (const [title, stored, need] of cases) {
    it(title, () => {
      expect(tokenNeeds(stored, { now })).to.deep.equal(need);
    });
  }

  it('goes by the times of the caller', () => {
    const stored = { issuedAt: days(-10), expiresAt: days(20), dataAccessExpiresAt: days(40) };
    expect(tokenNeeds(stored, { now, within: 20 * DAY })).to.include({ action: 'refresh', reason: 'due' });
    expect(tokenNeeds(stored, { now, askWithin: 45 * DAY })).to.include({ reason: 'grant_ending' });
    expect(tokenNeeds({ ...stored, issuedAt: days(-2) }, { now, askWithin: 45 * DAY })).to.deep.equal({
      action: 'ask_person',
      reason: 'grant_ending',
      daysLeft: 40,
      lookAgainAt: days(13),
    });
  });

  it('refreshes for the sake of the token even where the grant is to be asked for', () => {
    const stored = { issuedAt: days(-20), expiresAt: days(3), dataAccessExpiresAt: days(30) };
    expect(tokenNeeds(stored, { now, askWithin: 60 * DAY })).to.include({ action: 'refresh', reason: 'due' });
  });

  it('leaves what it is given as it is', () => {
    const stored = Object.freeze({ issuedAt: days(-1), expiresAt: days(7) });
    expect(tokenNeeds(stored, Object.freeze({ now }))).to.deep.equal(tokenNeeds(stored, { now }));
  });

  const wrong: [name: string, stored: object, options: object][] = [
    ['issuedAt', { issuedAt: NOW }, {}],
    ['issuedAt', { issuedAt: null }, {}],
    ['expiresAt', { expiresAt: new Date('soon') }, {}],
    ['dataAccessExpiresAt', { dataAccessExpiresAt: '2026-09-01' }, {}],
    ['lastOutcome.at', { lastOutcome: { outcome: 'failed', at: 'today' } }, {}],
    ['within', {}, { within: -1 }],
    ['within', {}, { within: Number.NaN }],
    ['askWithin', {}, { askWithin: '14 days' }],
  ];
  for (const [name, stored, options] of wrong) {
    it(`throws a TypeError that names ${name} for ${JSON.stringify({ ...stored, ...options })}`, () => {
      expect(() => tokenNeeds(stored, options)).to.throw(TypeError, `\`${name}\``);
    });
  }

  for (const value of ['2026-09-01T00:00:00Z', '1788220800', 1_788_220_800, 1_788_220_800_000]) {
    it(`says how to make a Date of ${JSON.stringify(value)}, as a database may keep one`, () => {
      const stored = { expiresAt: value } as unknown as StoredToken;
      expect(() => tokenNeeds(stored)).to.throw(
        TypeError,
        `\`expiresAt\` must be a valid Date, not a ${typeof value}: make one of text or milliseconds with \`new Date(value)\`, of seconds with \`new Date(value * 1000)\``,
      );
    });
  }
});
