// The sign-in ends in "#", so that the "#_" of Threads goes no further: of no use to the person who reads the address.
if (/#_?$/.test(location.href)) {
  history.replaceState(history.state, '', location.pathname + location.search);
}

// The cookie of a sign-in belongs to the address that it ends at.
addEventListener('DOMContentLoaded', () => {
  const elsewhere = document.getElementById('elsewhere');
  if (elsewhere) elsewhere.hidden = location.origin === elsewhere.dataset.origin;
});
