import type { Request, Response } from 'express';
import type { AuthorizationRequest } from './authorization-request.js';
import { initials } from './avatar.js';
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

export function authorizationPage(
  req: Request,
  { app, redirectURI, scopes }: AuthorizationRequest,
  store: Store,
) {
  const name = nameOf(app);
  const users = [...store.users.values()];
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
${users.map((user, index) => personCard(req, user, app, store, index === 0))}
</div>
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
  return {
    title: `${name} wants to access your Threads account · Simulator`,
    body,
  };
}

function personCard(req: Request, user: SimulatedUser, app: SimulatedApp, store: Store, chosen: boolean) {
  return html`<label class="person">
<input type="radio" name="user" value="${user.id}" required${chosen && html` checked`}>
${portrait(req, user)}
${!store.isTester(user.id, app.clientID) && html`<span class="tag">Not a tester</span>`}
</label>
`;
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

export function overviewPage(req: Request, store: Store, removal?: Removal) {
  const users = [...store.users.values()];
  const body = html`<main class="overview">
${notice(req)}
<h1>Simulated Threads</h1>
<p class="lead">The people who live in this simulator, and the apps each of them has let in. Removing an app ends its
tokens, as it would in the settings of a Threads account.</p>
${removal && outcome(removal)}
${users.map((user) => accountCard(req, user, store))}
${users.length === 0 && html`<p>There are no users. Add one with <code>addUser</code>.</p>`}
</main>`;
  return { title: 'Simulated Threads', body };
}

function accountCard(req: Request, user: SimulatedUser, store: Store) {
  const grants = store.grantsOf(user.id);
  return html`<section class="account" aria-label="${user.name ?? user.username}">
<header class="person">${portrait(req, user)}<span class="id">ID ${user.id}</span></header>
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

function portrait(req: Request, user: SimulatedUser) {
  return html`<img src="${req.baseUrl}/pictures/${encodeURIComponent(user.username)}.svg" alt="" width="44" height="44">
<span class="who"><b>${user.name ?? user.username}${user.isVerified === true && verified}</b><span class="handle">@${user.username}</span></span>`;
}

const verified = html` <svg class="verified" viewBox="0 0 16 16" width="15" height="15" role="img" aria-label="Verified"><path d="M8 .8l1.9 1.5 2.4-.2.7 2.3 2 1.3-.8 2.3.8 2.3-2 1.3-.7 2.3-2.4-.2L8 15.2l-1.9-1.5-2.4.2-.7-2.3-2-1.3.8-2.3L1 5.7l2-1.3.7-2.3 2.4.2z" fill="currentColor"/><path class="tick" d="M5.2 8.2l2 2 3.6-4" fill="none" stroke-width="1.6" stroke-linecap="round" stroke-linejoin="round"/></svg>`;

function nameOf(app: SimulatedApp): string {
  return app.name ?? `App ${app.clientID}`;
}
