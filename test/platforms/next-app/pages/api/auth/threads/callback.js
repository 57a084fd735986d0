import { passport, route } from '../../../../threads.js';

export default route((req, res, next) => {
  const end = (error, user, info, status) => {
    if (user) res.json({ user, state: info.state });
    else {
      const { type, name, reason, message } = error ?? info;
      res.status(error?.status ?? status).json({ type, name, reason, message });
    }
  };
  passport.authenticate('threads', { session: false }, end)(req, res, next);
});
