// Threads ends its redirects in "#_", and the redirects of this app end in "#top" so that the "#_" goes no
// further (see src/return-to.ts). Neither is of use to the person who reads, copies or bookmarks the address.
if (/#(_|top)?$/.test(location.href)) {
  history.replaceState(history.state, '', location.pathname + location.search);
}

// The cookie of a sign-in belongs to the address that it ends at.
addEventListener('DOMContentLoaded', () => {
  const elsewhere = document.getElementById('elsewhere');
  if (elsewhere) elsewhere.hidden = location.origin === elsewhere.dataset.origin;
});
