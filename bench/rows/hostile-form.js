import { hostileInput } from './hostile-input.js';

const KB = 1024;
const random = (length) => Array.from({ length }, (_, i) => ((i * 7919) % 36).toString(36)).join('');

/** 99 KB of an error that the authorization window seems to have posted; `state: false` believes it. */
const form = (description, state) => ({
  headers: {},
  url: '/auth/callback',
  query: {},
  body: { error: 'server_error', error_description: description, state },
});

export default hostileInput('99 KB of form that make redaction slow', {
  hostile: form('a'.repeat(50 * KB), `b${'a'.repeat(49 * KB - 1)}`),
  harmless: form(random(50 * KB), random(49 * KB)),
});
