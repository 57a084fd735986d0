import { hostileInput } from './hostile-input.js';

/** A callback with a state that no cookie is signed for, among 470 cookies. */
const callback = (name) => {
  const cookies = Array.from({ length: 470 }, (_, i) => `${name}${String(i).padStart(16, '0')}=x`);
  return {
    headers: { cookie: cookies.join('; ') },
    url: '/auth/callback',
    query: { code: 'AQBx', state: 'A'.repeat(43) },
  };
};

export default hostileInput(
  '470 cookies that look like those of logins',
  { hostile: callback('__Host-threads-login-'), harmless: callback('somebody-elses-login-') },
  {},
);
