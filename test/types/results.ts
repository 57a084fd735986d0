import {
  type LongLivedTokenResult,
  parseSignedRequest,
  ThreadsClient,
  type ThreadsErrorReason,
  type ThreadsProfile,
  type TokenInfo,
  type TokenResult,
  verifyToken,
} from '../../lib/index.js';
import type { Equal, Expect, IsAny, Not } from './expect.js';

type Optional<T, K extends keyof T> = { [P in K]-?: object extends Pick<T, P> ? true : false }[K];

export type ProfileIs = [
  Expect<Equal<ThreadsProfile['provider'], 'threads'>>,
  Expect<Equal<ThreadsProfile['id'], string>>,
  Expect<Equal<ThreadsProfile['username'], string | undefined>>,
  Expect<Equal<ThreadsProfile['displayName'], string | undefined>>,
  Expect<Equal<ThreadsProfile['photos'], { value: string }[] | undefined>>,
  Expect<Equal<ThreadsProfile['isVerified'], boolean | undefined>>,
  Expect<Equal<ThreadsProfile['scopes'], string[] | undefined>>,
  Expect<Equal<ThreadsProfile['token'], TokenInfo | undefined>>,
  Expect<Equal<ThreadsProfile['_json'], Record<string, unknown>>>,
  Expect<Equal<Optional<ThreadsProfile, 'id' | '_raw' | '_json' | 'provider'>, false>>,
  Expect<Equal<Optional<ThreadsProfile, 'username' | 'displayName' | 'photos' | 'scopes' | 'token'>, true>>,
];

// @ts-expect-error the Threads API has no email address
export type NoEmails = ThreadsProfile['emails'];

export type TokenInfoIs = [
  Expect<Equal<TokenInfo['isValid'], boolean>>,
  Expect<Equal<TokenInfo['userId'], string>>,
  Expect<Equal<TokenInfo['scopes'], string[]>>,
  Expect<Equal<TokenInfo['issuedAt'], Date | undefined>>,
  Expect<Equal<TokenInfo['expiresAt'], Date | null>>,
  Expect<Equal<TokenInfo['dataAccessExpiresAt'], Date | null>>,
  Expect<Equal<TokenInfo['appId'], string | undefined>>,
  Expect<Equal<TokenInfo['granularScopes'], { scope: string; targetIds?: string[] }[] | undefined>>,
  Expect<Equal<NonNullable<TokenInfo['error']>['reason'], ThreadsErrorReason>>,
  Expect<Equal<TokenInfo['raw'], Record<string, unknown>>>,
];

export function neverExpires(token: TokenInfo): number {
  // @ts-expect-error `null` stands for never, so it has to be told apart
  return token.expiresAt.getTime();
}

type Resolved<F> = F extends (...args: never[]) => Promise<infer R> ? R : never;

export type ClientAnswersWith = [
  Expect<Equal<Resolved<ThreadsClient['exchangeCode']>, TokenResult>>,
  Expect<Equal<Resolved<ThreadsClient['exchangeToken']>, LongLivedTokenResult>>,
  Expect<Equal<Resolved<ThreadsClient['refreshToken']>, LongLivedTokenResult>>,
  Expect<Equal<Resolved<ThreadsClient['getAppAccessToken']>, TokenResult>>,
  Expect<Equal<Resolved<ThreadsClient['verifyToken']>, TokenInfo>>,
  Expect<Equal<Resolved<ThreadsClient['getProfile']>, ThreadsProfile>>,
  Expect<Equal<Resolved<typeof verifyToken>, TokenInfo>>,
  Expect<Equal<LongLivedTokenResult['expiresIn'], number>>,
  Expect<Equal<LongLivedTokenResult['expiresAt'], Date>>,
  Expect<Equal<TokenResult['accessToken'], string>>,
  Expect<Equal<TokenResult['expiresIn'], number | undefined>>,
  Expect<Equal<TokenResult['expiresAt'], Date | undefined>>,
  Expect<Equal<TokenResult['userId'], string | undefined>>,
  Expect<Equal<TokenResult['raw'], Record<string, unknown>>>,
];

export async function calls(client: ThreadsClient) {
  const signal = AbortSignal.timeout(1000);
  await client.exchangeCode('code', 'https://app.example/callback', { signal });
  await client.refreshToken('token', { signal });
  await client.verifyToken('token', { accessToken: 'inspector', signal });
  await verifyToken('token', {
    accessToken: 'inspector',
    graphURL: 'https://graph.facebook.com/v23.0',
    signal,
  });
  // @ts-expect-error the redirect URI goes with the code
  await client.exchangeCode('code');
  // @ts-expect-error the inspector has to be named
  await verifyToken('token', {});
  // @ts-expect-error both credentials are required
  new ThreadsClient({ clientID: '1' });
  const { userId, issuedAt } = parseSignedRequest('a.b', 'secret', { maxAge: 60_000 });
  return [userId.length, issuedAt.getTime()];
}

export type NothingIsAny = [
  Expect<Not<IsAny<ThreadsProfile['_json'][string]>>>,
  Expect<Not<IsAny<TokenInfo['raw'][string]>>>,
  Expect<Not<IsAny<TokenInfo['metadata']>>>,
  Expect<Not<IsAny<TokenResult['raw'][string]>>>,
  Expect<Not<IsAny<ReturnType<typeof parseSignedRequest>['raw'][string]>>>,
];
