import type { Outcome } from '../auth/outcome.service.js';
import type { Person } from '../auth/person.js';
import { type Html, html } from './html.js';

/** What every page shows in its frame. */
export interface Frame {
  title: string;
  signedIn?: Person | undefined;
  simulatorOrigin?: string | undefined;
}

const START = html`<a class="button" href="/auth/threads">Continue with Threads</a>`;
const AGAIN = html`<a class="button" href="/auth/threads">Try again</a>`;
const PROFILE = html`<a class="button" href="/profile">Go to your profile</a>`;
const BACK = html`<a class="button secondary" href="/">Back to the start</a>`;

const page = ({ title, signedIn, simulatorOrigin }: Frame, content: Html): string =>
  html`<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="color-scheme" content="light dark">
  <title>${title} · Spool</title>
  <link rel="icon" href="/mark.svg" type="image/svg+xml">
  <link rel="stylesheet" href="/style.css">
  <script src="/address-bar.js"></script>
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

export const homePage = (frame: Frame): string =>
  page(
    frame,
    frame.signedIn
      ? hero('You are signed in', html`As ${nameOf(frame.signedIn)}.`, PROFILE)
      : html`${hero('Pick up where you left off', 'Sign in with your Threads account. No new password, nothing to fill in.', START)}
    ${
      frame.simulatorOrigin &&
      html`<p class="soft">You are about to meet a simulator: the people in it are made up, and no Threads account is involved. <a href="${frame.simulatorOrigin}">See who lives there</a></p>`
    }`,
  );

export const profilePage = (frame: Frame, person: Person): string =>
  page(
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
          html`<p><a href="https://www.threads.com/@${encodeURIComponent(person.username)}" rel="noopener noreferrer">@${person.username}</a></p>`
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

const cancelledPage = (frame: Frame): string =>
  page(
    frame,
    hero(
      'You cancelled, and that is fine',
      'Threads has shared nothing with Spool. You can change your mind at any time.',
      frame.signedIn ? PROFILE : START,
      frame.signedIn ? undefined : BACK,
    ),
  );

const failedPage = (frame: Frame, message: string, publicURL: string): string =>
  page(
    frame,
    html`${
      frame.signedIn
        ? hero(
            'You are still signed in',
            'That sign-in is over already, so there was nothing left to do.',
            PROFILE,
          )
        : hero(
            'That sign-in could not be finished',
            `Most often it was started a while ago, in another browser, or at an address other than ${publicURL}, or this browser keeps no cookies. Allow them for this site, then start over.`,
            html`<a class="button" href="/auth/threads">Start over</a>`,
            BACK,
          )
    }
    <details class="card"><summary>For the developer</summary><p><code>${message}</code></p></details>`,
  );

export const errorPage = (frame: Frame, message: string, hint?: string): string =>
  page(
    frame,
    html`<section class="hero">
      <h1>${frame.title}</h1>
      <p class="lead">${message}</p>
      ${hint && html`<div class="card hint" role="note"><h2>What to do</h2><p>${hint}</p></div>`}
      <p class="actions">${[frame.signedIn ? undefined : AGAIN, BACK]}</p>
    </section>`,
  );

/** The page of what became of a sign-in. */
export const outcomePage = (
  frame: Omit<Frame, 'title'>,
  { page, title, message, hint }: Outcome,
  publicURL: string,
): string => {
  const titled = { ...frame, title };
  switch (page) {
    case 'cancelled':
      return cancelledPage(titled);
    case 'failed':
      return failedPage(titled, message, publicURL);
    case 'error':
      return errorPage(titled, message, hint);
  }
};

export const notFoundPage = (frame: Frame): string =>
  page(frame, hero('There is no such page', 'The link may be old, or the address mistyped.', BACK));

const nameOf = ({ name, username }: Person): string => name ?? username ?? 'Somebody without a name';
