/** What travels along with a sign-in. */
export interface LoginState {
  /** The page to show afterwards. */
  returnTo?: string;
  /** That a signed-in account, by its Threads id, asks for further permissions: `asking-for-more.ts`. */
  more?: { account: string; scopes: string[] };
}
