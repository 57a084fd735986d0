import type { Request, Response } from 'express';
import { initials } from './assets.js';
import type { AuthorizationRequest } from './authorization.js';
import { html, type Markup } from './html.js';
import { rawQuery } from './params.js';
import { permissions } from './permissions.js';
import type { Grant, Store } from './store.js';
import type { RemovalReport, SimulatedApp, SimulatedUser } from './types.js';

export interface Removal {
  app: SimulatedApp;
  user: SimulatedUser;
  deleteData: boolean;
  report: RemovalReport;
}

/** Sends a page that runs no script and cannot be framed. */
export function sendPage(
  req: Request,
  res: Response,
  { title, body }: { title: string; body: Markup },
): void {
  res.set({
    // No form-action: Chromium would apply it to the redirect back to the app as well.
    'Content-Security-Policy':
      "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'",
    'Referrer-Policy': 'same-origin',
    'X-Frame-Options': 'DENY',
  });
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<link rel="icon" href="${req.baseUrl}/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="${req.baseUrl}/simulator.css">
</head>
<body>
${body}
</body>
</html>
`;
  res.type('html').send(page.text);
}

/** The authorization window. `loggedIn` is chosen to begin with, where it is known, else the first person. */
export function authorizationPage(
  req: Request,
  { app, redirectURI, scopes }: AuthorizationRequest,
  store: Store,
  loggedIn: SimulatedUser | undefined,
) {
  const name = nameOf(app);
  const users = [...store.users.values()];
  const chosen = loggedIn ?? users[0];
  const strangers = users.filter((user) => !store.isTester(user.id, app.clientID));
  const body = html`<main class="window">
${notice(req)}
<header class="request">
<span class="tile" aria-hidden="true">${initials(name)}</span>
<h1><strong>${name}</strong> wants to access your Threads account</h1>
</header>
<form method="post" action="${req.baseUrl}/oauth/authorize?${rawQuery(req)}">
<fieldset>
<legend>Continue as</legend>
<div class="people">
${users.map((user) => personCard(req, user, app, store, user.id === chosen?.id))}
</div>
${strangers.length > 0 && html`<p class="hint" id="not-a-tester">${notATester(app)}</p>`}
${users.length === 0 && html`<p class="hint">The simulator has no users. Add one with <code>addUser</code>.</p>`}
</fieldset>
<fieldset>
<legend>Allow ${name} to</legend>
<ul class="permissions">
${scopes.map(permissionRow)}
</ul>
</fieldset>
<div class="actions">
<button class="primary" name="decision" value="allow"${users.length === 0 && html` disabled`}>Allow</button>
<button name="decision" value="cancel" formnovalidate>Cancel</button>
</div>
</form>
<p class="hint return">Either way you return to <span>${new URL(redirectURI).origin}</span></p>
</main>`;
  return { title: `${name} wants to access your Threads account · Simulator`, body };
}

function personCard(req: Request, user: SimulatedUser, app: SimulatedApp, store: Store, chosen: boolean) {
  const tester = store.isTester(user.id, app.clientID);
  return html`<label class="person">
<input type="radio" name="user" value="${user.id}" required${chosen && html` checked`}${!tester && html` aria-describedby="not-a-tester"`}>
${portrait(req, user)}
${!tester && html`<span class="tag">Not a tester</span>`}
</label>
`;
}

/** What happens to people who are no testers: see `live` and `reviewed` of an app. */
function notATester(app: SimulatedApp): string {
  const start =
    'Not a tester: this person has not been added to the app as a Threads tester in the App Dashboard.';
  if (app.live === false) {
    return `${start} The app is in development mode, so Threads shows an error (1349245) in place of signing them in.`;
  }
  if (app.reviewed === false) {
    return `${start} The app has not passed App Review, so they get through this window, and the next request about them fails (code 100, subcode 10).`;
  }
  return `${start} They can sign in all the same, since the app has passed App Review; only testers’ tokens may inspect other tokens.`;
}

function permissionRow(scope: string) {
  const fixed = scope === 'threads_basic';
  const { title, description } = permissions.get(scope) ?? {
    title: scope,
    description: 'The simulator does not know this permission and passes it on.',
  };
  return html`<li><label class="permission">
<input type="checkbox" name="scope" value="${scope}" checked${fixed && html` disabled`}>
<span class="what"><span class="name"><b>${title}</b>${fixed && html`<span class="tag">Always needed</span>`}${title !== scope && html`<code>${scope}</code>`}</span>
<span class="detail">${description}</span></span>
</label></li>
`;
}

/** The step before the window in a browser that is not logged in yet. */
export function loginPage(req: Request, store: Store) {
  const users = [...store.users.values()];
  const query = rawQuery(req);
  const body = html`<main class="window">
${notice(req)}
<header class="request">
<h1>Log in to simulated Threads</h1>
</header>
<form method="post" action="${req.baseUrl}/login${query !== '' && `?${query}`}">
<fieldset>
<legend>Log in as</legend>
<div class="people">
${users.map(
  (user, index) => html`<label class="person">
<input type="radio" name="user" value="${user.id}" required${index === 0 && html` checked`}>
${portrait(req, user)}
</label>
`,
)}
</div>
</fieldset>
<div class="actions single"><button class="primary"${users.length === 0 && html` disabled`}>Log in</button></div>
</form>
<p class="hint return">There is no password: anyone can be anyone here.</p>
</main>`;
  return { title: 'Log in to simulated Threads', body };
}

/** A person's public profile, as `profile.profileUrl` names it at Threads. */
export function profilePage(req: Request, user: SimulatedUser, store: Store) {
  const name = user.name ?? `@${user.username}`;
  const body = html`<main class="overview">
${notice(req)}
<h1>${name}</h1>
<section class="account profile" aria-label="Profile">
<header class="person">${portrait(req, user)}<span class="id">ID ${user.id}</span></header>
${user.biography !== undefined && html`<p>${user.biography}</p>`}
${user.isPrivate === true && html`<p class="empty">A private profile</p>`}
</section>
${waysBack(store)}
</main>`;
  return { title: `${name} · Simulated Threads`, body };
}

/** The people, and the apps that they have let in. */
export function homePage(req: Request, store: Store, removal?: Removal) {
  const users = [...store.users.values()];
  const body = html`<main class="overview">
${notice(req)}
<h1>Simulated Threads</h1>
<p class="lead">The people who live in this simulator, and the apps each of them has let in. Removing an app ends its
tokens, as it would in the settings of a Threads account.</p>
${waysBack(store)}
${removal && outcome(removal)}
${users.map((user) => accountCard(req, user, store))}
${users.length === 0 && html`<p>There are no users. Add one with <code>addUser</code>.</p>`}
</main>`;
  return { title: 'Simulated Threads', body };
}

/** Where the browser came from: the apps that have opened the window, else the first address that each registered. */
function waysBack(store: Store) {
  const opened = [...store.apps.values()].filter((app) => store.lastOpened.has(app.clientID));
  const apps = opened.length > 0 ? opened : [...store.apps.values()];
  return html`<nav class="back" aria-label="Apps">${apps.map((app) => {
    const uri = app.redirectURIs[0];
    const origin = store.lastOpened.get(app.clientID) ?? (uri && new URL(uri).origin);
    return (
      origin && html`<a href="${origin}/">Back to ${nameOf(app)} <span>${new URL(origin).host}</span></a>`
    );
  })}</nav>`;
}

function accountCard(req: Request, user: SimulatedUser, store: Store) {
  const grants = store.grantsOf(user.id);
  return html`<section class="account" aria-label="${user.name ?? user.username}">
<header class="person">${portrait(req, user, true)}<span class="id">ID ${user.id}</span></header>
${grants.length === 0 ? html`<p class="empty">No apps</p>` : html`<ul class="grants">${grants.map((grant) => grantRow(req, user, grant, store))}</ul>`}
</section>
`;
}

function grantRow(req: Request, user: SimulatedUser, grant: Grant, store: Store) {
  const app = store.apps.get(grant.app)!;
  return html`<li>
<div class="what"><b>${nameOf(app)}</b><span class="detail">${grant.scopes.map((scope) => html`<code>${scope}</code> `)}</span></div>
<form method="post" action="${req.baseUrl}/remove">
<input type="hidden" name="app" value="${app.clientID}"><input type="hidden" name="user" value="${user.id}">
<button name="data" value="keep" aria-label="Remove app ${nameOf(app)}">Remove app</button>
<button class="danger" name="data" value="delete" aria-label="Remove app and delete data: ${nameOf(app)}">Remove app and delete data</button>
</form>
</li>
`;
}

function outcome({ app, user, deleteData, report: { deauthorize, dataDeletion } }: Removal) {
  return html`<section class="outcome" role="status">
<h2>@${user.username} removed ${nameOf(app)}</h2>
<dl>
<dt>Uninstall callback</dt>
<dd>${deauthorize ? answered(deauthorize) : 'The app registered none.'}</dd>
${
  deleteData &&
  html`<dt>Data deletion callback</dt>
<dd>${dataDeletion ? answered(dataDeletion) : 'The app registered none.'}</dd>`
}
${dataDeletion?.url !== undefined && html`<dt>Status page</dt><dd>${link(dataDeletion.url)}</dd>`}
${
  dataDeletion?.confirmationCode !== undefined &&
  html`<dt>Confirmation code</dt><dd><code>${dataDeletion.confirmationCode}</code></dd>`
}
</dl>
</section>`;
}

function answered({ status, error }: { status: number; error?: string }) {
  const failed = error !== undefined || status < 200 || status > 299;
  const answer = status === 0 ? 'No answer' : `HTTP ${status}`;
  return html`<span class="${failed ? 'failed' : 'fine'}">${answer}${error !== undefined && `: ${error}`}</span>`;
}

function link(url: string) {
  const web = URL.canParse(url) && /^https?:$/.test(new URL(url).protocol);
  return web ? html`<a href="${url}" rel="noreferrer">${url}</a>` : html`${url}`;
}

function notice(req: Request) {
  return html`<p class="notice"><a class="badge" href="${req.baseUrl}/">Simulator</a>
<span>A local simulation for testing. This is not Threads, and nothing here reaches Meta.</span></p>`;
}

function portrait(req: Request, user: SimulatedUser, linked = false) {
  const path = encodeURIComponent(user.username);
  const handle = linked
    ? html`<a class="handle" href="${req.baseUrl}/@${path}">@${user.username}</a>`
    : html`<span class="handle">@${user.username}</span>`;
  return html`<img src="${req.baseUrl}/pictures/${path}.svg" alt="" width="44" height="44">
<span class="who"><b>${user.name ?? user.username}${user.isVerified === true && verified}</b>${handle}</span>`;
}

const verified = html` <svg class="verified" viewBox="0 0 16 16" width="15" height="15" role="img" aria-label="Verified"><path d="M8 .8l1.9 1.5 2.4-.2.7 2.3 2 1.3-.8 2.3.8 2.3-2 1.3-.7 2.3-2.4-.2L8 15.2l-1.9-1.5-2.4.2-.7-2.3-2-1.3.8-2.3L1 5.7l2-1.3.7-2.3 2.4.2z" fill="currentColor"/><path class="tick" d="M5.2 8.2l2 2 3.6-4" fill="none" stroke-width="1.6" stroke-linecap="round" stroke-linejoin="round"/></svg>`;

function nameOf(app: SimulatedApp): string {
  return app.name ?? `App ${app.clientID}`;
}
