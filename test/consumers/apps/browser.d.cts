export function signIn(loginURL: string): Promise<unknown>;
