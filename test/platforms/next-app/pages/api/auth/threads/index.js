import { passport, route } from '../../../../threads.js';

export default route(passport.authenticate('threads', { session: false, state: { from: 'a letter' } }));
