/** Who is signed in, as the session cookie carries it. */
export interface Person {
  /** The Threads id: a string, because it does not fit a JavaScript number. */
  id: string;
  username?: string | undefined;
  name?: string | undefined;
  picture?: string | undefined;
  /** The permissions that the person granted; `undefined` when Threads did not report them. */
  scopes?: string[] | undefined;
}
