import type { IncomingMessage, ServerResponse } from 'node:http';

/** An app registered with the simulator, as in Meta's App Dashboard under "Threads API". */
export interface SimulatedApp {
  /** The Threads App ID: a string of digits. */
  clientID: string;
  /** The Threads App secret; it also signs `signed_request` and `appsecret_proof`. */
  clientSecret: string;
  /** The name people read in the authorization window. Default: `App <clientID>`. */
  name?: string;
  /**
   * The only redirect URIs that are accepted, compared to the letter (Meta: Get Access Tokens and Permissions).
   * Unlike Threads, the simulator also registers `http:` and `localhost`.
   */
  redirectURIs: string[];
  /**
   * `true` also accepts a registered redirect URI on this machine (`localhost`, `127.0.0.1`, `[::1]`) with any other
   * port, or none (RFC 8252, section 7.3). Threads does not. Default `false`; `true` for `simulatedApp`.
   */
  anyLoopbackPort?: boolean;
  /**
   * The other id of the same Meta app. The authorization window refuses it with error 4476002, as Threads does
   * when the Facebook App ID was used by mistake.
   */
  facebookAppID?: string;
  /** Where the uninstall callback is posted when a person removes the app. http or https. */
  deauthorizeURL?: string;
  /** Where the data deletion callback is posted when a person also asks for deletion. http or https. */
  dataDeletionURL?: string;
  /**
   * `false` for an app in development mode, which only its Threads testers can log in to; other people are
   * stopped with error 1349245. Default `true`.
   */
  live?: boolean;
  /**
   * `false` for an app that is live but has not passed App Review: all people get through the window and the code
   * exchange, and those who are no testers are refused afterwards with code 100, subcode 10 (*observed*).
   * Default `true`.
   */
  reviewed?: boolean;
  /**
   * `true` makes the authorization window refuse `http:` redirect URIs with error 1349187, as Threads does.
   * Default `false`, so that an app can be tried on this machine without a certificate.
   */
  enforceHTTPS?: boolean;
}

/** A person with a Threads account in the simulator. */
export interface SimulatedUser {
  /** The user id: decimal digits, at most 2^63-1. A string, because a JavaScript number cannot hold it. */
  id: string;
  /** The handle without `@`. */
  username: string;
  /** The display name; left out of `/me` when absent. */
  name?: string;
  /** `threads_biography`; left out of `/me` when absent. */
  biography?: string;
  /** `threads_profile_picture_url`; `false` leaves it out of `/me`. Default: an avatar drawn by the simulator. */
  pictureURL?: string | false;
  /** `is_verified`. Default `false`. */
  isVerified?: boolean;
  /** `recently_searched_keywords`: what the person looked for, `timestamp` in milliseconds. Default: nothing. */
  recentlySearchedKeywords?: readonly { query: string; timestamp: number }[];
  /** `is_eligible_for_geo_gating`. Default `false`. */
  isEligibleForGeoGating?: boolean;
  /**
   * `true` for a private profile: a refresh of its token does not prolong the 90 days of its permissions (one of
   * the two readings of Meta: Long-Lived Tokens, and the stricter one). Default `false`.
   */
  isPrivate?: boolean;
  /**
   * Client IDs of the apps this person is a Threads tester of (Meta: Get Started, Threads testers). Of people's
   * tokens, only a tester's may inspect tokens. Default: all apps.
   */
  testerOf?: string[];
}

/** What {@link ThreadsSimulator.removeApp} and the person's own "Remove app" button led to. */
export interface RemovalReport {
  /** The app's answer to the uninstall callback; absent when the app registered none. */
  deauthorize?: CallbackAnswer;
  /** The app's answer to the data deletion callback; absent when not asked for or not registered. */
  dataDeletion?: CallbackAnswer & {
    /** The page on which the person can follow the deletion. */
    url?: string;
    /** The code under which the app knows the deletion. */
    confirmationCode?: string;
  };
}

/** How an app answered one callback. */
export interface CallbackAnswer {
  /** The HTTP status, or 0 when no answer came. */
  status: number;
  /** Why there is no usable answer. */
  error?: string;
}

/** Options of `createThreadsSimulator`. */
export interface ThreadsSimulatorOptions {
  /** The registered apps. Default: `[simulatedApp]`. */
  apps?: readonly SimulatedApp[];
  /** The people. Default: `simulatedUsers`. */
  users?: readonly SimulatedUser[];
  /**
   * `false`: in a browser that is not logged in to the simulator yet, the authorization window leads to a log-in page
   * first, as at Threads (*observed*: what is wrong with the app shows only after it). `answer()` goes past it.
   * Default `true`.
   */
  loggedIn?: boolean;
  /** The clock, in milliseconds since the epoch, read whenever the time is needed. Default: `Date.now()`. */
  now?: () => number;
  /**
   * The host names, without port, under which the simulator may be reached beside its own address and loopback: where
   * it listens on other interfaces, or `handler` is mounted in a server with a name. Others are answered with 403,
   * so that no website reaches the simulator through a name of its own (DNS rebinding).
   */
  hosts?: readonly string[];
}

/** One request the simulator received: no access token, secret, code or state of it is kept. */
export interface SimulatedRequest {
  /** The HTTP method, in capitals. */
  readonly method: string;
  /** The path, such as `/v1.0/me`. */
  readonly path: string;
  /** The parameters of query and form, with `[redacted]` for what is secret; a list where one came repeatedly. */
  readonly parameters: Readonly<Record<string, string | readonly string[]>>;
  /** Milliseconds since the epoch, by the simulator's clock. */
  readonly time: number;
  /** The HTTP status of the answer; absent while there is none, and for an answer that never comes. */
  readonly status?: number;
  /**
   * What the developer should know: what Threads lets pass although it does not document it, and how to mend what was
   * refused. Absent where there is nothing to say.
   */
  readonly notes?: readonly string[];
}

/**
 * The code that Threads answers the tokens of a person with who has removed the app: 190 (with subcode 458, documented),
 * or 24 or 100 (without a subcode, *observed* in August 2026: "The requested resource does not exist"). `debug_token`
 * says the same with each.
 */
export type RevokedTokenCode = 190 | 24 | 100;

/** What the person does in {@link ThreadsSimulator.answer}. */
export interface WindowAnswer {
  /** Who answers. Default: the first user. */
  userId?: string;
  /**
   * What is left ticked of what the app asked for: a list, or one string with commas or spaces. `threads_basic`
   * cannot be unticked. Default: everything.
   */
  scope?: string | readonly string[];
  /** Which button is pressed. Default `allow`. */
  decision?: 'allow' | 'cancel';
}

/** What goes wrong on purpose: see {@link ThreadsSimulator.fail}. */
export interface SimulatedFault {
  /** The HTTP status in place of the right answer. Default: 400 where `code` is given. */
  status?: number;
  /** The code of a Graph API error in place of the right answer, such as 190, in place of a `body`. */
  code?: number;
  /**
   * At `/debug_token` alone: it happens only when the inspector is an app token (`app`), or a person's (`user`).
   * Default: with both.
   */
  inspector?: 'app' | 'user';
  /**
   * The body that goes with `status`: an object is sent as JSON, a string as it is. Default: the error of the Graph
   * API that goes with the status.
   */
  body?: unknown;
  /** Further headers, such as `{ 'Retry-After': '30' }`. */
  headers?: Record<string, string>;
  /** Milliseconds before anything is answered; the right answer follows unless `status` is given. */
  delay?: number;
  /** `true`: the request is taken and never answered. */
  stall?: boolean;
  /** `true`: the connection is cut in the middle of the body. The request has had its effect by then. */
  cut?: boolean;
  /** How many requests it happens to. Default: all, until `reset()` or another fault of the same endpoint. */
  times?: number;
}

/** The addresses of a simulator, named like the options of `ThreadsStrategy`. */
export interface SimulatedEndpoints {
  /** The authorization window. */
  readonly authorizationURL: string;
  /** The token endpoint. */
  readonly tokenURL: string;
  /** The Graph API, with its version. */
  readonly graphURL: string;
}

/** A Threads that runs in this process and remembers nothing beyond it. */
export interface ThreadsSimulator {
  /** Answers one request: mount it in any Node HTTP server or Express app instead of calling `listen`. */
  readonly handler: (req: IncomingMessage, res: ServerResponse) => void;

  /**
   * Starts a server of its own.
   * @param port - default 0: any free port
   * @param host - default `127.0.0.1`
   * @returns the origin, such as `http://127.0.0.1:49152`
   * @throws when the port is taken, or the simulator already listens
   */
  listen(port?: number, host?: string): Promise<string>;

  /** Stops the server, idle keep-alive connections included. Does nothing when it does not listen. */
  close(): Promise<void>;

  /**
   * The origin, such as `http://127.0.0.1:49152`: what the option `simulator` of `ThreadsStrategy` takes.
   * @throws before `listen()`
   */
  readonly url: string;

  /**
   * The addresses, named like the options of `ThreadsStrategy`, so that they can be spread into them.
   * @throws before `listen()`
   */
  readonly endpoints: SimulatedEndpoints;

  /**
   * The same addresses at another origin, where `handler` is mounted elsewhere.
   * @param origin - such as `https://threads.test`, or with a path where the handler is mounted below one
   * @throws TypeError for what is no http or https URL
   */
  endpointsAt(origin: string | URL): SimulatedEndpoints;

  /**
   * Registers an app, or changes the settings of the one with the same `clientID`; its tokens stay.
   * @throws TypeError for settings that Threads could not hold
   */
  addApp(app: SimulatedApp): void;

  /**
   * Adds a person, or changes the one with the same `id`.
   * @throws TypeError for an id that is no 64-bit decimal string, or an empty username
   */
  addUser(user: SimulatedUser): void;

  /**
   * Does what a person would do in the authorization window that `location` opens, and so checks what the app asked
   * for (Meta: Get Access Tokens and Permissions, step 1). The window's host does not matter, but for that of Threads
   * itself: a location there shows that the app did not get the simulator's address.
   * @param location - where the app sends the browser: the `Location` header of its redirect
   * @returns the URL that the browser is sent back to, `state` and `#_` included
   * @throws AuthorizationWindowError with the `errorCode` and `message` that Threads would show instead
   * @throws TypeError for a location that is no authorization window, or that of Threads itself
   * @throws for an unknown user, or a permission that the app did not ask for
   */
  answer(location: string | URL, options?: WindowAnswer): string;

  /**
   * Lets an endpoint fail on purpose. Faults of one endpoint come in the order in which they were given.
   * @param endpoint - `/oauth/authorize`, `/oauth/access_token`, `/access_token`, `/refresh_access_token`,
   * `/debug_token`, `/me` or `/{user-id}`, whichever version is asked for, also as a whole URL or with a method in
   * front, as in `POST /oauth/access_token`; `app_token` for `/oauth/access_token` where it is asked for an app token
   * (`client_credentials`); `*` for all
   * @throws TypeError for an unknown endpoint or a fault that contradicts itself
   */
  fail(endpoint: string, fault: SimulatedFault): void;

  /**
   * Moves the simulator's clock.
   * @param milliseconds - how far, on top of the option `now` and earlier travels; below 0 to go back
   * @throws TypeError for what is no number, or leads to a time that a `Date` cannot hold
   */
  travel(milliseconds: number): void;

  /**
   * For the end of a test: all faults end, requests that one of them keeps waiting are hung up on, the clock is right
   * again, and `requests` is empty. Apps, people, grants and tokens stay.
   */
  reset(): void;

  /**
   * Allows the app on the person's behalf, without a browser and without looking at what the app asks for.
   * @param options.userId - default: the first user
   * @param options.scope - a list, or one string with commas or spaces; default `threads_basic`
   * @returns an authorization code: good for one exchange within 1 hour
   * @throws for an unknown app or user, an unregistered redirect URI, or a person who may not log in to the app
   */
  authorize(options: {
    clientID: string;
    redirectURI: string;
    userId?: string;
    scope?: string | readonly string[];
  }): string;

  /**
   * A user access token, as if a login had just ended.
   * @param options.longLived - 60 days instead of 1 hour (Meta: Long-Lived Tokens)
   */
  issueToken(options: {
    clientID: string;
    userId?: string;
    scope?: string | readonly string[];
    longLived?: boolean;
  }): string;

  /**
   * The person removes the app, unnoticed by it: the grant is gone, and its tokens are refused.
   * @param options.code - the code of the refusal; default 190, with subcode 458
   */
  revoke(options: { clientID: string; userId: string; code?: RevokedTokenCode }): void;

  /**
   * Like `revoke`, and then tells the app as Meta does: a POST with a `signed_request` to its uninstall callback
   * and, with `deleteData`, to its data deletion callback (Meta: Data Deletion Callback). Each may take 10 seconds.
   * An app that cannot be reached is reported, not thrown.
   */
  removeApp(options: { clientID: string; userId: string; deleteData?: boolean }): Promise<RemovalReport>;

  /**
   * From now on the token answers 190 with subcode 463.
   * @throws for a token that was not issued here
   */
  expireToken(accessToken: string): void;

  /** The person logs out everywhere: all their tokens answer 190 with subcode 460. The grants stay. */
  logOut(userId: string): void;

  /** The newest 1,000 requests, oldest first. Those of the control API are left out. */
  readonly requests: readonly SimulatedRequest[];
}
