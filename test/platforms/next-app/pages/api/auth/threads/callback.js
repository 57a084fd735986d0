import { passport, route } from '../../../../threads.js';

export default route((req, res, next) => {
  const end = (error, user, info, status) => {
    if (user) res.json({ user, state: info.state });
    else res.status(error?.status ?? status).json({ message: (error ?? info).message });
  };
  passport.authenticate('threads', { session: false }, end)(req, res, next);
});
