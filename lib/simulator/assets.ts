import { html } from './html.js';
import type { SimulatedUser } from './types.js';

/** What the browser shows in the tab: a thread, dashed because it is only a simulated one. */
export const icon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">
<rect width="32" height="32" rx="9" fill="#0b655c"/>
<circle cx="16" cy="16" r="8" fill="none" stroke="#fff" stroke-width="3.5" stroke-dasharray="5.5 2.88"/>
</svg>`;

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

/** Served at a path of its own, so that the pages need no inline style. */
export const stylesheet = `
:root {
  color-scheme: light dark;
  --ground: #f1efea; --paper: #ffffff; --ink: #1d1b22; --soft: #5d5966; --line: #dcd8d0; --edge: #8b8693;
  --accent: #0b655c; --on-accent: #ffffff; --accent-hover: #084e47; --tint: #e8f3f0;
  --badge: #7a3c00; --badge-ground: #ffe9c7; --danger: #a3231f; --good: #1d6b35;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #131217; --paper: #1e1c24; --ink: #f0edf5; --soft: #b0aab9; --line: #38343f; --edge: #8d8796;
    --accent: #6fd6c5; --on-accent: #06251f; --accent-hover: #93e4d7; --tint: #1d302e;
    --badge: #ffd9a0; --badge-ground: #4a2f0b; --danger: #ff9a92; --good: #86d99b;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0; padding: 20px 16px; background: var(--ground); color: var(--ink);
  font: 16px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
  overflow-wrap: anywhere;
}
main { margin: 0 auto; }
.window { max-width: 540px; }
.overview { max-width: 680px; }
.notice { display: flex; gap: 12px; align-items: center; margin: 0 0 14px; font-size: 14px; color: var(--soft); }
.badge {
  flex: none; padding: 3px 10px; border-radius: 999px; background: var(--badge-ground); color: var(--badge);
  font-weight: 650; font-size: 13px; text-decoration: none;
}
.badge:hover { text-decoration: underline; }
.request {
  display: flex; gap: 16px; align-items: center; padding: 22px;
  background: var(--paper); border: 1px solid var(--line); border-bottom: 0; border-radius: 16px 16px 0 0;
}
.tile {
  flex: none; display: grid; place-items: center; width: 52px; height: 52px; border-radius: 14px;
  background: var(--accent); color: var(--on-accent); font-size: 21px; font-weight: 700; letter-spacing: .01em;
}
h1 { margin: 0; font-size: 21px; line-height: 1.28; font-weight: 500; text-wrap: balance; }
h1 strong { font-weight: 700; }
p, .detail { text-wrap: pretty; }
.notice { text-wrap: balance; }
form { margin: 0; }
.window form {
  padding: 0 22px 22px; background: var(--paper); border: 1px solid var(--line); border-top: 0;
  border-radius: 0 0 16px 16px;
}
fieldset { min-width: 0; margin: 0 0 20px; padding: 0; border: 0; }
legend { padding: 0; margin-bottom: 8px; font-size: 14px; font-weight: 600; color: var(--soft); }
input[type=radio], input[type=checkbox] { flex: none; width: 18px; height: 18px; margin: 0; accent-color: var(--accent); }
.people { display: grid; gap: 8px; max-height: 340px; overflow-y: auto; padding: 5px; margin: -5px; }
.person { display: flex; align-items: center; gap: 12px; }
label.person {
  padding: 7px 14px; border: 1px solid var(--line); border-radius: 12px; cursor: pointer;
}
label.person:hover { border-color: var(--edge); }
label.person:has(:checked) { border-color: var(--accent); background: var(--tint); box-shadow: inset 0 0 0 1px var(--accent); }
.person img { flex: none; border-radius: 50%; }
.who { flex: 1; min-width: 0; }
.who b { display: block; font-weight: 600; line-height: 1.3; }
.handle { color: var(--soft); font-size: 15px; }
.verified { color: var(--accent); vertical-align: -2px; }
.verified .tick { stroke: var(--paper); }
.tag {
  flex: none; padding: 1px 8px; border-radius: 999px; border: 1px solid var(--line); color: var(--soft);
  font-size: 12.5px; font-weight: 500; white-space: nowrap;
}
ul { list-style: none; margin: 0; padding: 0; }
.permissions li + li { border-top: 1px solid var(--line); }
.permissions li:first-child .permission { padding-top: 2px; }
.permission { display: flex; gap: 14px; padding: 11px 0; cursor: pointer; }
.permission input { margin-top: 3px; }
.permission:has(:disabled) { cursor: default; }
.what { flex: 1; min-width: 0; }
.what b { font-weight: 600; }
.name { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0 10px; }
.name code { margin-left: auto; }
.detail { display: block; color: var(--soft); font-size: 15px; }
code { font: 13px/1.5 ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; color: var(--soft); }
.actions { display: grid; grid-template-columns: 1fr 1fr; gap: 10px; }
button {
  min-height: 44px; padding: 9px 16px; border: 1px solid var(--edge); border-radius: 12px; background: transparent;
  color: var(--ink); font: inherit; font-weight: 600; cursor: pointer;
}
button:hover { background: var(--tint); }
button.primary { background: var(--accent); border-color: var(--accent); color: var(--on-accent); }
button.primary:hover { background: var(--accent-hover); border-color: var(--accent-hover); }
button.danger { color: var(--danger); border-color: currentColor; }
button:disabled { opacity: .5; cursor: not-allowed; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
label.person:has(:focus-visible) { outline: 3px solid var(--accent); outline-offset: 1px; }
label.person :focus-visible { outline: 0; }
.actions.single { grid-template-columns: 1fr; }
.hint { margin: 14px 0 0; font-size: 14px; color: var(--soft); }
.return { text-align: center; }
.return span { color: var(--ink); }
.overview h1 { font-size: 28px; font-weight: 700; }
.lead { margin: 8px 0 24px; color: var(--soft); max-width: 58ch; }
.account, .outcome {
  margin: 0 0 14px; padding: 18px 20px; background: var(--paper); border: 1px solid var(--line); border-radius: 16px;
}
.back { display: flex; flex-wrap: wrap; gap: 8px 16px; margin: 0 0 20px; }
.back a { font-weight: 600; text-decoration: none; }
.back a:hover { text-decoration: underline; }
.back span { color: var(--soft); font-weight: 400; }
.overview h1 + .account { margin-top: 16px; }
.profile p { margin: 14px 0 0; }
.account .id { color: var(--soft); font-size: 13px; font-variant-numeric: tabular-nums; }
.empty { margin: 14px 0 0; padding-top: 14px; border-top: 1px solid var(--line); color: var(--soft); font-size: 15px; }
.grants li { margin-top: 14px; padding-top: 14px; border-top: 1px solid var(--line); }
.grants form { display: flex; flex-wrap: wrap; gap: 10px; margin-top: 12px; }
.grants button { min-height: 40px; padding: 7px 14px; font-size: 15px; }
.outcome { border-color: var(--accent); }
.outcome h2 { margin: 0 0 10px; font-size: 17px; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 6px 18px; margin: 0; font-size: 15px; }
dt { color: var(--soft); }
dd { margin: 0; }
a { color: var(--accent); text-underline-offset: 2px; }
.fine { color: var(--good); font-weight: 600; }
.failed { color: var(--danger); font-weight: 600; }
@media (max-width: 480px) {
  body { padding: 16px 12px; }
  .request { padding: 18px 16px; }
  .window form { padding: 0 16px 16px; }
  h1 { font-size: 19px; }
  label.person { padding: 9px 12px; flex-wrap: wrap; }
  label.person .who { min-width: 160px; }
  label.person .tag { margin: -6px 0 2px 86px; }
  .name code { flex-basis: 100%; margin: 0; }
  .account .person { flex-wrap: wrap; }
  .back { display: flex; flex-wrap: wrap; gap: 8px 16px; margin: 0 0 20px; }
.back a { font-weight: 600; text-decoration: none; }
.back a:hover { text-decoration: underline; }
.back span { color: var(--soft); font-weight: 400; }
.overview h1 + .account { margin-top: 16px; }
.profile p { margin: 14px 0 0; }
.account .id { flex-basis: 100%; }
  .grants button { flex: 1 1 auto; }
  dl { grid-template-columns: 1fr; gap: 0; }
  dd { margin-bottom: 8px; }
}
@media (prefers-contrast: more) { :root { --line: var(--edge); } }
`;
