import { requireMembers } from './members.js';
import type { SimulatedApp, SimulatedUser } from './types.js';

const MAX_ID = 2n ** 63n - 1n;

/** @throws TypeError for settings that Threads could not hold */
export function requireApp(app: SimulatedApp): void {
  if (typeof app?.clientID !== 'string' || !/^\d{1,20}$/.test(app.clientID)) {
    throw new TypeError('clientID must be a string of digits');
  }
  const subject = `App ${app.clientID}`;
  if (typeof app.clientSecret !== 'string' || app.clientSecret === '') {
    throw new TypeError(`${subject}: clientSecret must be a string that is not empty`);
  }
  if (!Array.isArray(app.redirectURIs)) throw new TypeError(`${subject}: redirectURIs must be an array`);
  for (const url of [...app.redirectURIs, app.deauthorizeURL, app.dataDeletionURL]) {
    if (url !== undefined) requireWebURL(subject, url);
  }
  requireMembers(subject, app, {
    clientID: 'string',
    clientSecret: 'string',
    name: 'string?',
    redirectURIs: 'strings',
    facebookAppID: 'string?',
    deauthorizeURL: 'string?',
    dataDeletionURL: 'string?',
    live: 'boolean?',
    reviewed: 'boolean?',
    enforceHTTPS: 'boolean?',
  });
}

/** @throws TypeError for a person whom Threads could not hold */
export function requireUser(user: SimulatedUser): void {
  if (typeof user?.id !== 'string' || !/^[1-9]\d{0,18}$/.test(user.id) || BigInt(user.id) > MAX_ID) {
    throw new TypeError('A user id must be a string of decimal digits, at most 2^63-1');
  }
  const subject = `User ${user.id}`;
  if (typeof user.username !== 'string' || user.username === '') {
    throw new TypeError(`${subject}: username must be a string that is not empty`);
  }
  requireMembers(subject, user, {
    id: 'string',
    username: 'string',
    name: 'string?',
    biography: 'string?',
    pictureURL: user.pictureURL === false ? 'boolean' : 'string?',
    isVerified: 'boolean?',
    recentlySearchedKeywords: 'any?',
    isEligibleForGeoGating: 'boolean?',
    isPrivate: 'boolean?',
    testerOf: 'strings?',
  });
}

function requireWebURL(subject: string, value: unknown): void {
  const url = typeof value === 'string' && URL.canParse(value) ? new URL(value) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || url.hash !== '') {
    throw new TypeError(`${subject}: every URL must be absolute, http or https, and without a fragment`);
  }
}
