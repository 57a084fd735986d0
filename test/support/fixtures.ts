/** The app that the tests sign in to. */
export const app = {
  clientID: '1234567890123456',
  clientSecret: 'd1ce5ecre7d1ce5ecre7',
  callbackURL: 'https://app.example/auth/threads/callback',
};

/** An id that `JSON.parse` would turn into 17841405793187220. */
export const USER_ID = '17841405793187219';
export const SHORT_TOKEN = 'THQVJshortLivedToken';
export const LONG_TOKEN = 'THQVJlongLivedToken';
export const CODE = 'AQBx-hBsH3codeOfTheLogin';

/** The documented answers, as text where a JavaScript number could not carry them. */
export const answers = {
  token: `{"access_token":"${SHORT_TOKEN}","user_id":${USER_ID}}`,
  exchange: { access_token: LONG_TOKEN, token_type: 'bearer', expires_in: 5183944 },
  appToken: { access_token: `TH|${app.clientID}|appTokenSecret`, token_type: 'bearer' },
  me: {
    id: USER_ID,
    username: 'ada.okafor',
    name: 'Ada Okafor',
    threads_profile_picture_url: 'https://scontent.example/ada.jpg',
    threads_biography: 'Bridges 📷',
    is_verified: true,
  },
  debug: {
    data: {
      type: 'USER',
      application: 'Threads API Test App',
      data_access_expires_at: 4102531200,
      expires_at: 4102444800,
      is_valid: true,
      issued_at: 1747070132,
      scopes: ['threads_basic', 'threads_content_publish'],
      user_id: USER_ID,
    },
  },
} as const;

/** A refusal in the shape of the Graph API. */
export function graphError(code: number, subcode?: number, message = 'Refused') {
  return {
    error: { message, type: 'OAuthException', code, error_subcode: subcode, fbtrace_id: 'H2il2t5bn4e' },
  };
}

/** `debug_token` with some of its fields changed; `undefined` leaves one out. */
export function debugAnswer(changes: Record<string, unknown>) {
  return { data: { ...answers.debug.data, ...changes } };
}
