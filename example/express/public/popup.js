// Signs in with a popup. Without this script, and where the browser blocks popups, the link is an ordinary sign-in.
const link = document.getElementById('popup-link');
const status = document.getElementById('popup-status');
let popup = null;
let watch;

link.addEventListener('click', (event) => {
  popup = window.open('/auth/threads/popup', 'threads', 'popup,width=520,height=760');
  if (!popup) return;
  event.preventDefault();
  status.textContent = 'Please answer in the window that has opened.';
  clearInterval(watch);
  watch = setInterval(() => {
    if (popup.closed) end('The window was closed before you were signed in. You can try again.');
  }, 300);
});

window.addEventListener('message', ({ origin, source, data }) => {
  // Any page may post to this one.
  if (origin !== location.origin || source !== popup || data?.type !== 'threads-sign-in') return;
  const { outcome } = data;
  if (outcome.ok) end(`Signed in as ${outcome.user.name ?? outcome.user.username ?? 'somebody'}.`);
  else end((outcome.failure ?? outcome.error).message);
});

function end(text) {
  clearInterval(watch);
  status.textContent = text;
}
