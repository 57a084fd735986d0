// Signs in with a popup. Without this script, and where the browser blocks popups, the link is an ordinary sign-in.
const link = document.getElementById('popup-link');
const profile = document.getElementById('popup-profile');
const status = document.getElementById('popup-status');
let popup = null;
let watch;

// Where Threads, or the browser, cut the tie to the window, it looks closed from here, and may go on.
const CLOSED =
  'The window was closed before it said that you are signed in. You can try again, or reload this page.';

link.addEventListener('click', (event) => {
  popup = window.open('/auth/threads/popup', 'threads', 'popup,width=520,height=760');
  if (!popup || popup.closed) return;
  event.preventDefault();
  status.textContent = 'Please answer in the window that has opened.';
  clearInterval(watch);
  watch = setInterval(() => {
    if (popup.closed) end(CLOSED);
  }, 300);
});

window.addEventListener('message', ({ origin, source, data }) => {
  // Any page may post to this one.
  if (origin !== location.origin || source !== popup || data?.type !== 'threads-sign-in') return;
  const { outcome } = data;
  if (!outcome.ok) return end(`${outcome.title}. ${outcome.text}`);
  end(`Signed in as ${outcome.user.name ?? outcome.user.username ?? 'somebody'}.`);
  link.hidden = true;
  profile.hidden = false;
});

function end(text) {
  clearInterval(watch);
  status.textContent = text;
}
