import type { SimulatedApp, SimulatedUser } from './types.js';

/** The app that is registered when `createThreadsSimulator` is given none. */
export const simulatedApp: SimulatedApp = {
  clientID: '1234567890123456',
  clientSecret: 'simulated-app-secret',
  name: 'Postcard Club',
  redirectURIs: [
    'http://localhost:3000/auth/threads/callback',
    'http://127.0.0.1:3000/auth/threads/callback',
    'https://app.example/auth/threads/callback',
  ],
  anyLoopbackPort: true,
};

/**
 * The people who exist when `createThreadsSimulator` is given none: one verified, one with a name beyond ASCII,
 * one who is no tester. None of their ids can be held by a JavaScript number.
 */
export const simulatedUsers: readonly SimulatedUser[] = [
  {
    id: '17841405793187219',
    username: 'ada.okafor',
    name: 'Ada Okafor',
    biography: 'Bridges, mostly suspension. Sometimes bread.',
    isVerified: true,
  },
  {
    id: '17841472650918533',
    username: 'zoe_nguyen',
    name: 'Zoë Nguyễn 🐱',
    biography: 'Làm vườn, chụp ảnh, đọc sách 📷',
  },
  {
    id: '17841461237740961',
    username: 'mateo.rivas',
    name: 'Mateo Rivas',
    testerOf: [],
  },
];

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
    anyLoopbackPort: 'boolean?',
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

type Kind = 'string' | 'number' | 'boolean' | 'strings' | 'names' | 'list' | 'function' | 'record' | 'any';

const kinds: Record<Kind, { is: (value: unknown) => boolean; words: string }> = {
  string: { is: (value: unknown) => typeof value === 'string', words: 'a string' },
  number: { is: (value: unknown) => typeof value === 'number', words: 'a number' },
  boolean: { is: (value: unknown) => typeof value === 'boolean', words: 'true or false' },
  strings: { is: areStrings, words: 'a list of strings' },
  names: {
    is: (value: unknown) => typeof value === 'string' || areStrings(value),
    words: 'a string or a list of strings',
  },
  list: { is: Array.isArray, words: 'a list' },
  function: { is: (value: unknown) => typeof value === 'function', words: 'a function' },
  record: { is: isRecord, words: 'an object' },
  any: { is: () => true, words: 'anything' },
};

/** What a member may hold; with a question mark it may be left out. */
export type Member = Kind | `${Kind}?`;

/**
 * Checks an object that TypeScript has not seen, because it comes from JavaScript, a JSON file or the control API.
 * @throws TypeError that names the member and never its value, which may be a secret
 */
export function requireMembers(subject: string, value: unknown, members: Record<string, Member>): void {
  if (!isRecord(value)) throw new TypeError(`${subject} must be an object`);
  for (const name of Object.keys(value)) {
    if (!Object.hasOwn(members, name)) {
      const known = Object.keys(members).join(', ');
      throw new TypeError(
        `${subject} has no member ${name.slice(0, 60)}: ${known === '' ? 'it takes none' : `there are ${known}`}`,
      );
    }
  }
  for (const [name, member] of Object.entries(members)) {
    const kind = kinds[member.replace('?', '') as Kind];
    if (value[name] === undefined && member.endsWith('?')) continue;
    if (!kind.is(value[name])) throw new TypeError(`${subject}: ${name} must be ${kind.words}`);
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function areStrings(value: unknown): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
