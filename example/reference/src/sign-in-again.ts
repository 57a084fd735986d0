/** What a person is told about each reason why their access is over, and what only they can do about it. */
const BECAUSE: Record<string, string> = {
  expired: 'The access that you gave has expired.',
  grant_ended: 'What you allow in Threads is good for 90 days, and these are over.',
  logged_out: 'You logged out of Threads or changed your password there.',
  not_authorized: 'Spool was removed in the settings of your Threads account.',
  checkpoint: 'Threads wants you to confirm something first. Open Threads, then come back here.',
  unconfirmed_user: 'Your Threads account has to be confirmed first. Open Threads, then come back here.',
};

/** A new reason of a library or of Threads still is a reason to sign in again. */
export function because(reason: string): string {
  return BECAUSE[reason] ?? 'Threads does not accept the access that you gave any more.';
}
