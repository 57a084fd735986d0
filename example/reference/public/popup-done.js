// The last page of the popup. No other origin may hear the outcome, whoever opened the window.
const end = document.getElementById('popup-outcome');

const outcome = JSON.parse(end.dataset.outcome);

if (window.opener) {
  window.opener.postMessage({ type: 'threads-sign-in', outcome }, location.origin);
  window.close();
} else if (outcome.ok) {
  // Threads, or the browser, cut the tie to the page: go on as after an ordinary sign-in.
  location.replace(end.href);
}
