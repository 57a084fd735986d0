// Verify callbacks as apps write them in today's JavaScript. The tests build this file in many ways; `upsert` is the
// app's store of users, which takes whatever it is given for a profile.
// biome-ignore-all lint/complexity/useArrowFunction: function expressions are what is built here

import { upsert } from 'the-app';

class SignIn {
  #upsert = upsert;

  async promise(_accessToken, _refreshToken, profile) {
    return this.#upsert(profile);
  }
  async promiseWithRequest(_req, _accessToken, _refreshToken, profile) {
    return this.#upsert(profile);
  }
  done(_accessToken, _refreshToken, profile, done) {
    done(null, this.#upsert(profile));
  }
  doneWithParams(_accessToken, _refreshToken, _params, profile, done) {
    done(null, this.#upsert(profile));
  }
  doneWithRequest(_req, _accessToken, _refreshToken, profile, done) {
    done(null, this.#upsert(profile));
  }
  doneWithRequestAndParams(_req, _accessToken, _refreshToken, _params, profile, done) {
    done(null, this.#upsert(profile));
  }
  injected = (database, _accessToken, _refreshToken, profile, done) => done(null, database.upsert(profile));
}
const signIn = new SignIn();
const ready = Promise.resolve();

export const three = {
  'async arrow': async (_accessToken, _refreshToken, profile) => upsert(profile),
  'async arrow that waits': async (_accessToken, _refreshToken, profile) => {
    await ready;
    try {
      return await upsert(profile);
    } finally {
      await ready;
    }
  },
  arrow: (_accessToken, _refreshToken, profile) => ready.then(() => upsert(profile)),
  'async function': async function (_accessToken, _refreshToken, profile) {
    return upsert(profile);
  },
  'function expression': function (_accessToken, _refreshToken, profile) {
    return ready.then(() => upsert(profile));
  },
  'function that reads its arguments': async function (_accessToken, _refreshToken, _profile) {
    // biome-ignore lint/complexity/noArguments: an app may
    return upsert(arguments[2]);
  },
  'bound method': signIn.promise.bind(signIn),
  'async arrow with a profile taken apart': async (_accessToken, _refreshToken, { id, ...rest }) =>
    upsert({ id, ...rest }),
  'arrow with a profile taken apart': (_accessToken, _refreshToken, { id }) =>
    ready.then(() => upsert({ id })),
};

export const four = {
  arrow: (_accessToken, _refreshToken, profile, done) => done(null, upsert(profile)),
  'arrow that waits': (_accessToken, _refreshToken, profile, done) => {
    ready.then(() => upsert(profile)).then((user) => done(null, user), done);
  },
  'async arrow': async (_accessToken, _refreshToken, profile, done) => {
    await ready;
    done(null, upsert(profile));
  },
  'function expression': function (_accessToken, _refreshToken, profile, done) {
    return done(null, upsert(profile));
  },
  'async function': async function (_accessToken, _refreshToken, profile, done) {
    const user = await upsert(profile);
    done(null, user);
  },
  'bound method': signIn.done.bind(signIn),
  'bound to what it needs': signIn.injected.bind(undefined, { upsert }),
  'profile taken apart': (_accessToken, _refreshToken, { id, username }, done) =>
    done(null, upsert({ id, username })),
};

export const five = {
  arrow: (_accessToken, _refreshToken, params, profile, done) =>
    done(null, params.user_id === profile.id && upsert(profile)),
  'async arrow': async (_accessToken, _refreshToken, params, profile, done) => {
    await ready;
    done(null, params.user_id === profile.id && upsert(profile));
  },
  'function expression': function (_accessToken, _refreshToken, _params, profile, done) {
    done(null, upsert(profile));
  },
  'bound method': signIn.doneWithParams.bind(signIn),
  'params and profile taken apart': (_accessToken, _refreshToken, { user_id, ...rest }, { id }, done) =>
    done(null, user_id === id && rest.access_token && upsert({ id })),
};

export const fourWithRequest = {
  'async arrow': async (req, _accessToken, _refreshToken, profile) => req.query.code && upsert(profile),
  'async function': async function (_req, _accessToken, _refreshToken, profile) {
    await ready;
    return upsert(profile);
  },
  'function expression': function (_req, _accessToken, _refreshToken, profile) {
    return ready.then(() => upsert(profile));
  },
  'bound method': signIn.promiseWithRequest.bind(signIn),
  'request and profile taken apart': async ({ query }, _accessToken, _refreshToken, { id }) =>
    query.code && upsert({ id }),
};

export const fiveWithRequest = {
  arrow: (req, _accessToken, _refreshToken, profile, done) => done(null, req.query.code && upsert(profile)),
  'async arrow': async (_req, _accessToken, _refreshToken, profile, done) => {
    await ready;
    done(null, upsert(profile));
  },
  'function expression': function (_req, _accessToken, _refreshToken, profile, done) {
    done(null, upsert(profile));
  },
  'bound method': signIn.doneWithRequest.bind(signIn),
  'request and profile taken apart': ({ query }, _accessToken, _refreshToken, { id }, done) =>
    done(null, query.code && upsert({ id })),
};

export const sixWithRequest = {
  arrow: (req, _accessToken, _refreshToken, params, profile, done) =>
    done(null, req.query.code && params.user_id === profile.id && upsert(profile)),
  'async arrow': async (_req, _accessToken, _refreshToken, _params, profile, done) => {
    await ready;
    done(null, upsert(profile));
  },
  'function expression': function (_req, _accessToken, _refreshToken, _params, profile, done) {
    done(null, upsert(profile));
  },
  'bound method': signIn.doneWithRequestAndParams.bind(signIn),
  'everything taken apart': ({ query }, _accessToken, _refreshToken, { user_id }, { id }, done) =>
    done(null, query.code && user_id === id && upsert({ id })),
};

/** What a build makes of a default value decides whether the parameters after it are counted. */
export const doubtful = {
  'a default profile': async (_accessToken, _refreshToken, profile = {}) => upsert(profile),
  'a default profile, taken apart': async (_accessToken, _refreshToken, { id } = {}) => upsert({ id }),
  'a default refresh token': async (_accessToken, _refreshToken = '', profile = {}) => upsert(profile),
  'a default access token': async (_accessToken = '', _refreshToken = '', profile = {}) => upsert(profile),
  'a default profile before done': (_accessToken, _refreshToken, profile = {}, done = () => {}) =>
    done(null, upsert(profile)),
  'a default done': async (_accessToken, _refreshToken, profile, _done = () => {}) => upsert(profile),
  'a default done that is called': (_accessToken, _refreshToken, profile, done = () => {}) =>
    done(null, upsert(profile)),
  'the rest of the parameters': async (_accessToken, ...[, profile]) => upsert(profile),
  'a profile in the place of done': async (_accessToken, _refreshToken, _params, profile) => upsert(profile),
  'a profile in the place of done, taken apart': async (_accessToken, _refreshToken, _params, { id }) =>
    upsert({ id }),
};
