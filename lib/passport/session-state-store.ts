import type { Request } from 'express';
import {
  hasStartedSession,
  type StateMetadata,
  type StateStoredCallback,
  type StateVerifiedCallback,
  type ThreadsStateStore,
} from './state-store.js';

/** The store that passport-oauth2 has for its option `store: true`. */
export interface PassportSessionStore {
  store(req: Request, state: unknown, meta: StateMetadata, done: StateStoredCallback): void;
  verify(req: Request, state: string, done: StateVerifiedCallback): void;
}

/** What is kept in the session beside the state. */
interface Kept {
  clientID: string;
  callbackURL: string | undefined;
  appState?: unknown;
}

/**
 * `state: true`: the session store of passport-oauth2, which keeps what the state is bound to as its application state.
 *
 * Source: RFC 6749 section 10.12.
 */
export class SessionStateStore implements ThreadsStateStore {
  /** @param inner - the store of passport-oauth2 */
  constructor(private readonly inner: PassportSessionStore) {}

  /** Begins a login. */
  store(req: Request, appState: unknown, meta: StateMetadata, done: StateStoredCallback) {
    if (!(req as { session?: unknown }).session) {
      return done(
        new Error(
          '`state: true` keeps the state in the session, and this request has none. Mount express-session before passport.authenticate, or leave `state` out: the default is a cookie',
        ),
      );
    }
    const { clientID, callbackURL } = meta;
    const kept: Kept = { clientID, callbackURL, appState };
    this.inner.store(req, kept, meta, done);
  }

  /** Ends a login. */
  verify(req: Request, state: string, meta: StateMetadata, done: StateVerifiedCallback) {
    if (!hasStartedSession(req)) return done(null, false, { reason: 'no_session' });
    this.inner.verify(req, state, (error, ok, kept) => {
      if (error || !ok) return done(error, false, { reason: 'unknown' });
      // A session that was started by another version holds none of it.
      const { clientID, callbackURL, appState } = (kept ?? {}) as Partial<Kept>;
      if (clientID !== meta.clientID) return done(null, false, { reason: 'unknown' });
      if (callbackURL !== meta.callbackURL) return done(null, false, { reason: 'other_redirect_uri' });
      done(null, true, appState);
    });
  }
}
