import { html } from './html.js';
import type { SimulatedUser } from './types.js';

// Each pair holds white initials at a contrast of 4.5 or more, at both ends.
const gradients = [
  ['#9f3a1d', '#6d2340'],
  ['#1f6f5c', '#14496b'],
  ['#5b3fa0', '#8a2f6f'],
  ['#2f5fa8', '#3d3a8f'],
  ['#7a5410', '#8c3222'],
  ['#3f6b21', '#1c5a5a'],
] as const;

/** A profile picture with the person's initials, the same one each time. */
export function avatar(user: SimulatedUser): string {
  const [from, to] = gradients[Number(BigInt(user.id) % 991n) % gradients.length]!;
  return html`<svg xmlns="http://www.w3.org/2000/svg" width="320" height="320" viewBox="0 0 320 320">
<defs><linearGradient id="g" x2="1" y2="1"><stop stop-color="${from}"/><stop offset="1" stop-color="${to}"/></linearGradient></defs>
<rect width="320" height="320" fill="url(#g)"/>
<text x="160" y="160" dy=".36em" text-anchor="middle" font-family="system-ui, sans-serif" font-size="124" font-weight="600" fill="#fff">${initials(user.name ?? user.username)}</text>
</svg>`.text;
}

/** The first letters of the first two words; signs and emoji are no words. */
export function initials(name: string): string {
  const words = name.match(/[\p{L}\p{N}][\p{L}\p{N}\p{M}]*/gu) ?? ['?'];
  return words
    .slice(0, 2)
    .map((word) => [...word.normalize('NFC')][0]!.toUpperCase())
    .join('');
}
