import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { InvalidParameter } from './params.js';

const LIMIT = '64kb';

/** Reads forms of both encodings, with every method: Meta's samples send `curl -X GET -F …` too. */
export function readForms(express: typeof import('express')): RequestHandler[] {
  const urlencoded = express.text({ type: 'application/x-www-form-urlencoded', limit: LIMIT });
  const multipart = express.raw({ type: 'multipart/form-data', limit: LIMIT });
  return [unlessRead(urlencoded), unlessRead(multipart), parseMultipart];
}

/** An app around the simulator may have read the body already; Express 4 would wait for it or fail. */
export function unlessRead(reader: RequestHandler): RequestHandler {
  return (req, res, next) => {
    if (req.readableEnded) next();
    else reader(req, res, next);
  };
}

function parseMultipart(req: Request, _res: Response, next: NextFunction): void {
  if (!Buffer.isBuffer(req.body)) {
    next();
    return;
  }
  const form = new globalThis.Response(req.body, { headers: { 'content-type': req.get('content-type')! } });
  form.formData().then(
    (fields) => {
      req.body = fields;
      next();
    },
    () => next(new InvalidParameter('The form could not be read')),
  );
}
