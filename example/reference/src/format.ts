const exact = new Intl.DateTimeFormat('en-GB', {
  dateStyle: 'long',
  timeStyle: 'short',
  timeZone: 'UTC',
});
const day = new Intl.DateTimeFormat('en-GB', {
  dateStyle: 'long',
  timeZone: 'UTC',
});
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'always' });

/** `21 November 2025 at 19:22 UTC` */
export const formatExact = (date: Date) => `${exact.format(date)} UTC`;

/** `21 November 2025` */
export const formatDay = (date: Date) => day.format(date);

/** `in 60 days`, `in 3 hours`, `2 days ago` */
export function fromNow(date: Date, now = Date.now()): string {
  const minutes = (date.getTime() - now) / 60_000;
  const size = Math.abs(minutes);
  if (size < 1) return minutes < 0 ? 'a moment ago' : 'in less than a minute';
  if (size < 90) return relative.format(Math.round(minutes), 'minute');
  if (size < 36 * 60) return relative.format(Math.round(minutes / 60), 'hour');
  return relative.format(Math.round(minutes / (24 * 60)), 'day');
}
