/** Answers with a page. */
export function page(res, status, body) {
  res.writeHead(status, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' });
  res.end(`<!doctype html>
<html lang="en">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Threads without Passport</title>
<style>
  :root { color-scheme: light dark; font: 1.1rem/1.5 system-ui, sans-serif }
  main { max-width: 32rem; margin: 15vh auto; padding: 0 1rem }
  a, button { font: inherit; padding: 0.6rem 1.2rem; border: 0; border-radius: 2rem; cursor: pointer;
    display: inline-block; text-decoration: none; color: Canvas; background: CanvasText }
</style>
<main><h1>Threads without Passport</h1>${body}</main>
</html>
`);
}

/** Sends the browser somewhere else. */
export function redirect(res, location) {
  res.writeHead(303, { location, 'cache-control': 'no-store' }).end();
}

const PROBLEMS = new Map([
  ['state', 'This sign-in did not start in this browser, took too long, or is over. Please start again.'],
  ['cancelled', 'You cancelled, so nothing was shared.'],
  ['refused', 'Threads did not let you in. Please try again.'],
  ['error', 'That did not work. Please try again.'],
]);

/** What to say of a problem, in words of our own: anybody can write a query. */
export function saidOf(problem) {
  return PROBLEMS.has(problem) ? `<p role="alert">${PROBLEMS.get(problem)}</p>` : '';
}

/** Text for HTML. */
export function escaped(text = '') {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
