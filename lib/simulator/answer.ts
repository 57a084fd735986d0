import { allow, cancel, readAuthorizationRequest } from './authorization-request.js';
import { endpointOf } from './endpoints.js';
import { requireMembers } from './members.js';
import { scopeNames } from './params.js';
import type { Store } from './store.js';
import type { SimulatedUser, WindowAnswer } from './types.js';

/**
 * What becomes of the authorization window at `location` when a person answers it.
 * @param userNamed - finds the person, or throws
 * @returns where the browser is sent
 * @throws AuthorizationWindowError with what Threads would show instead
 */
export function answerWindow(
  location: string | URL,
  options: WindowAnswer,
  store: Store,
  userNamed: (id: string | undefined) => SimulatedUser,
): string {
  requireMembers('The answer', options, { userId: 'string?', scope: 'names?', decision: 'string?' });
  const { userId, scope, decision = 'allow' } = options;
  if (decision !== 'allow' && decision !== 'cancel') {
    throw new TypeError('decision must be "allow" or "cancel"');
  }
  const url = URL.canParse(String(location)) ? new URL(location) : undefined;
  if (!url || !endpointOf(url.pathname).endsWith('/oauth/authorize')) {
    throw new TypeError(
      'location must be the absolute URL of an authorization window, as the Location header of the redirect holds it',
    );
  }
  const request = readAuthorizationRequest(url.search.slice(1), store);
  if (decision === 'cancel') return cancel(request);
  const ticked = scope === undefined ? request.scopes : scopeNames(scope);
  const unasked = ticked.filter((name) => name !== 'threads_basic' && !request.scopes.includes(name));
  if (unasked.length > 0) {
    throw new Error(
      `The app did not ask for ${unasked.join(', ')}: it asked for ${request.scopes.join(', ')}`,
    );
  }
  return allow(request, userNamed(userId), ticked, store);
}
