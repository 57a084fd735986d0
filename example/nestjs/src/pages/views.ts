import type { Outcome } from '../auth/outcome.service.js';
import type { Person } from '../auth/person.js';
import { type Html, html } from './html.js';

/** What every page shows in its frame. */
export interface Frame {
  signedIn?: Person | undefined;
  simulatorOrigin?: string | undefined;
}

const START = html`<a class="button" href="/auth/threads">Continue with Threads</a>`;
const PROFILE = html`<a class="button" href="/profile">Go to your profile</a>`;
const BACK = html`<a class="button secondary" href="/">Back to the start</a>`;

const page = (title: string, { signedIn, simulatorOrigin }: Frame, content: Html): string =>
  html`<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="color-scheme" content="light dark">
  <title>${title} · Spool</title>
  <link rel="icon" href="/mark.svg" type="image/svg+xml">
  <link rel="stylesheet" href="/style.css">
  <script src="/page.js"></script>
</head>
<body>
  <a class="skip" href="#main">Skip to content</a>
  <header class="bar">
    <a class="brand" href="/"><img src="/mark.svg" width="32" height="32" alt=""><span>Spool</span></a>
    ${simulatorOrigin && html`<span class="tag">Simulator</span>`}
    ${
      signedIn &&
      html`<nav aria-label="Account">
      <a class="quiet" href="/profile">Profile</a>
      <form method="post" action="/sign-out"><button class="quiet">Sign out</button></form>
    </nav>`
    }
  </header>
  <main id="main">
    ${content}
  </main>
  <footer>
    <p>Spool is an example app for <code>passport-threads-oauth2</code>, in NestJS. It is not part of Threads or Meta.</p>
  </footer>
</body>
</html>
`.toString();

const hero = (title: string, lead: Html | string, ...actions: (Html | undefined)[]): Html =>
  html`<section class="hero">
      <h1>${title}</h1>
      <p class="lead">${lead}</p>
      <p class="actions">${actions}</p>
    </section>`;

export const homePage = (frame: Frame, publicURL: string): string => {
  const { signedIn, simulatorOrigin } = frame;
  if (signedIn) {
    const title = 'You are signed in';
    return page(title, frame, hero(title, `As ${nameOf(signedIn)}.`, PROFILE));
  }
  const title = 'Pick up where you left off';
  const lead = 'Sign in with your Threads account. No new password, nothing to fill in.';
  return page(
    title,
    frame,
    html`<p class="card hint" id="elsewhere" data-origin="${publicURL}" hidden>Signing in works at <a href="${publicURL}">${publicURL}</a> alone: open that address first.</p>
    ${hero(title, lead, START)}
    ${
      simulatorOrigin &&
      html`<p class="soft">You are about to meet a simulator: the people in it are made up, and no Threads account is involved. <a href="${simulatorOrigin}">See who lives there</a></p>`
    }`,
  );
};

export const profilePage = (frame: Frame, person: Person): string =>
  page(
    nameOf(person),
    frame,
    html`<section class="person">
      <span class="avatar" aria-hidden="true"><span>${[...nameOf(person)][0]}</span>${
        person.picture && html`<img src="${person.picture}" alt="" referrerpolicy="no-referrer">`
      }</span>
      <div class="who">
        <p class="soft">Welcome,</p>
        <h1>${nameOf(person)}</h1>
        ${
          person.username &&
          html`<p><a href="${frame.simulatorOrigin ?? 'https://www.threads.com'}/@${encodeURIComponent(person.username)}" rel="noopener noreferrer">@${person.username}</a></p>`
        }
      </div>
    </section>
    <section class="card" aria-labelledby="permissions">
      <h2 id="permissions">Permissions you granted</h2>
      ${
        person.scopes
          ? html`<ul>${person.scopes.map((scope) => html`<li><code>${scope}</code></li>`)}</ul>`
          : html`<p class="soft">Threads did not report them.</p>`
      }
    </section>
    <p class="soft">Threads id <code>${person.id}</code></p>`,
  );

/** The page of something that did not succeed, most often a sign-in. */
export const outcomePage = (frame: Frame, { status, title, text, message }: Outcome): string => {
  const isPage = status === 404 || status === 429;
  const note = frame.signedIn
    ? 'Nothing has changed: you are signed in as before.'
    : 'You are not signed in.';
  const actions = frame.signedIn ? [PROFILE] : isPage ? [BACK] : [START, BACK];
  return page(
    title,
    frame,
    html`${hero(title, text, ...actions)}
    ${!isPage && html`<p class="soft">${note}</p>`}
    ${
      message &&
      html`<details class="card"><summary>For the developer</summary><p><code>${message}</code></p></details>`
    }`,
  );
};

const nameOf = ({ name, username }: Person): string => name ?? username ?? 'Somebody without a name';
