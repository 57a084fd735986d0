import express, { type Request, Router } from 'express';
import { parseSignedRequest } from 'passport-threads-oauth2';
import { type Config, DELETION_PATH, UNINSTALL_PATH } from './config.js';
import type { RemovalRequest, Removals } from './removals.js';

// Long enough for a request that was held up on its way.
const MAX_AGE = 60 * 60 * 1000;

/**
 * What Meta posts when a person removes the app in Threads, or asks for their data to be deleted. Whoever asks,
 * only the signature counts: these requests come from Meta's servers, without a session.
 */
export function metaCallbacks(config: Config, removals: Removals): Router {
  const router = Router();
  const form = express.urlencoded({ extended: false, limit: '10kb' });

  router.post(UNINSTALL_PATH, form, async (req, res) => {
    await removals.endAccess(removalIn(req));
    res.sendStatus(200);
  });

  router.post(DELETION_PATH, form, async (req, res) => {
    const code = await removals.deletePerson(removalIn(req));
    if (code) {
      res.json({ url: `${config.publicURL}/deletions/${code}`, confirmation_code: code });
    } else {
      res.status(409).type('text').send('Nothing was deleted: this request was used before.');
    }
  });

  router.get('/deletions/:code', async (req, res, next) => {
    const { code } = req.params;
    const deletedAt = await removals.findDeletion(code);
    if (!deletedAt) return next();
    res.render('deletion', { title: 'The data is deleted', code, deletedAt });
  });

  return router;

  // Throws an error with a status (400, or 403 for a forged request), which becomes the answer.
  function removalIn(req: Request): RemovalRequest {
    const signedRequest = req.body?.signed_request;
    const { userId, issuedAt } = parseSignedRequest(signedRequest, config.threads.clientSecret, {
      maxAge: MAX_AGE,
    });
    return { userId, issuedAt, signedRequest };
  }
}
