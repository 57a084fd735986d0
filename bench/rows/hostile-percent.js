import { hostileInput } from './hostile-input.js';

const KB = 1024;
const form = (text) => ({
  headers: {},
  url: '/auth/callback',
  query: {},
  body: { error: 'server_error', error_description: text, state: text },
});

export default hostileInput('99 KB of form, all of it percent-encoded', {
  hostile: form('%25'.repeat(16.5 * KB)),
  harmless: form('a_b'.repeat(16.5 * KB)),
});
