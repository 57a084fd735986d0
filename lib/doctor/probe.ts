/** What a host answered to a request that asks for nothing in particular. */
export interface Probe {
  /** The HTTP status. */
  status: number;
  /** Milliseconds by which the clock of this machine is ahead; `undefined` where the host has not told the time. */
  clockAhead: number | undefined;
  /** The error that the authorization window shows, where it shows one. */
  errorCode: number | undefined;
  /** The authorization window leads to the log-in page first, and shows what is wrong only after that. */
  asksToLogIn: boolean;
}

const TIMEOUT = 10_000;

/**
 * Opens an address of Threads as a browser does that is not logged in, and follows no redirect.
 *
 * @param url - the address, which must hold nothing secret
 * @param now - the clock of this machine, in milliseconds
 * @returns the answer, or in a word why there is none
 */
export async function probe(url: string, now: () => number): Promise<Probe | string> {
  const start = now();
  try {
    const response = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(TIMEOUT) });
    const middle = (start + now()) / 2;
    const target = redirectTarget(response);
    return {
      status: response.status,
      clockAhead: clockAhead(response.headers, middle),
      errorCode: await errorCode(response, target),
      asksToLogIn: /\/login\/?$/.test(target?.pathname ?? ''),
    };
  } catch (error) {
    return reason(error);
  }
}

// `Date` is cut to whole seconds, and as old as `Age` says where a cache has answered (RFC 9110, RFC 9111).
function clockAhead(headers: Headers, now: number): number | undefined {
  const told = Date.parse(headers.get('date') ?? '');
  if (Number.isNaN(told)) return undefined;
  return now - (told + 500 + Number(headers.get('age') ?? 0) * 1000);
}

function redirectTarget({ headers, url }: Response): URL | undefined {
  const location = headers.get('location') ?? '';
  return location !== '' && URL.canParse(location, url) ? new URL(location, url) : undefined;
}

/** Threads leads to an error page that has the code in its address, or shows it as JSON right away. */
async function errorCode(response: Response, target: URL | undefined): Promise<number | undefined> {
  if (target || !/\bjson\b/.test(response.headers.get('content-type') ?? '')) {
    await response.body?.cancel();
    return codeOf(target?.searchParams.get('error_code'));
  }
  const text = await response.text();
  try {
    return codeOf(JSON.parse(text)?.error_code);
  } catch {
    return undefined;
  }
}

function codeOf(value: unknown): number | undefined {
  return /^\d{1,15}$/.test(String(value)) ? Number(value) : undefined;
}

function reason(error: unknown): string {
  const { name, cause } = error as Error;
  if (name === 'TimeoutError') return `no answer within ${TIMEOUT / 1000} seconds`;
  const { code } = Object(cause) as NodeJS.ErrnoException;
  return typeof code === 'string' ? code : 'no answer';
}
