import type { Dispatcher } from 'undici';
import { request } from 'undici';

/** Someone with a Threads account. */
export interface Person {
  id: string;
  username: string;
}

/** Someone else than the one who pressed Allow was signed in. */
export class WrongPerson extends Error {}

/**
 * One login in a browser that was never here: the sign-in link, Allow in the window of Threads, the way back, and
 * the page that greets the person.
 *
 * @throws {@link WrongPerson}
 * @throws Error when a step does not lead to the next
 */
export async function logIn(origin: string, person: Person, dispatcher: Dispatcher): Promise<void> {
  const cookies = new Map<string, string>();
  const ask = async (url: string, expected: number, form?: Record<string, string>) => {
    const { statusCode, headers, body } = await request(url, {
      dispatcher,
      headersTimeout: 30_000,
      bodyTimeout: 30_000,
      headers: {
        ...(url.startsWith(origin) && { cookie: Array.from(cookies, (pair) => pair.join('=')).join('; ') }),
        ...(form && { 'content-type': 'application/x-www-form-urlencoded' }),
      },
      ...(form && { method: 'POST', body: new URLSearchParams(form).toString() }),
    });
    const text = await body.text();
    if (statusCode !== expected) {
      throw new Error(`${new URL(url).pathname} answered ${statusCode}, not ${expected}`);
    }
    for (const cookie of [headers['set-cookie'] ?? []].flat()) keep(cookies, cookie);
    return { text, location: new URL(String(headers.location ?? ''), url).href };
  };

  const start = await ask(`${origin}/auth/threads`, 302);
  const allowed = await ask(start.location, 302, { decision: 'allow', user: person.id });
  const end = await ask(allowed.location, 303);
  const profile = await ask(`${origin}/profile`, 200);
  if (end.location !== `${origin}/profile#top`) throw new Error(`The login led to ${end.location}`);

  const id = /<dt>Threads id<\/dt>\s*<dd><code>(\d+)<\/code>/.exec(profile.text)?.[1];
  const username = />@([\w.]+)<\/a>/.exec(profile.text)?.[1];
  if (id !== person.id || username !== person.username) {
    throw new WrongPerson(`@${person.username} (${person.id}) was signed in as @${username} (${id})`);
  }
}

function keep(cookies: Map<string, string>, setCookie: string): void {
  const [, name, value] = /^([^=]+)=([^;]*)/.exec(setCookie)!;
  if (/;\s*max-age=0\b/i.test(setCookie)) cookies.delete(name!);
  else cookies.set(name!, value!);
}
