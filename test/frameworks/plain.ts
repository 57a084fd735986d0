import type { IncomingMessage, ServerResponse } from 'node:http';
import { Passport } from 'passport';
import type { ThreadsStrategy } from '../../lib/index.js';

interface Failure {
  status: number;
  message: string;
}

/** An app without a framework. */
export function plainApp(strategy: ThreadsStrategy) {
  const passport = new Passport();
  passport.use(strategy);

  return (req: IncomingMessage, res: ServerResponse) => {
    const answer = (status: number, body: unknown) => {
      res.writeHead(status, { 'Content-Type': 'application/json', 'Set-Cookie': 'visited=yes; Path=/' });
      res.end(JSON.stringify(body));
    };
    const refuse = ({ status, message }: Failure) => answer(status, { message });

    if (!req.url?.startsWith('/auth/threads/callback')) {
      res.setHeader('Set-Cookie', 'visited=yes; Path=/');
      passport.authenticate('threads', { state: { from: 'a letter' } } as object)(req, res, refuse);
      return;
    }
    passport.authenticate(
      'threads',
      (error: Failure | null, user: unknown, info: { state?: unknown; message: string }, status: number) => {
        if (error) refuse(error);
        else if (user) answer(200, { user, state: info.state });
        else refuse({ status, message: info.message });
      },
    )(req, res, refuse);
  };
}
