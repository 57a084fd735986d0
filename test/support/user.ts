/**
 * Whatever a test wants of its logins, as the app's user. The tests are type-checked with the example, whose users have
 * members of their own.
 */
export const asUser = (value: unknown) => value as Express.User;
