import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

// TypeScript 7 has no such functions yet.
const typescript = createRequire(new URL('../typescript-5.9/package.json', import.meta.url))('typescript');

const PATH = fileURLToPath(new URL('mistakes.ts', import.meta.url));

/** Mistakes that people make with the verify callback, a line each, and what has to be said of it. */
const MISTAKES: [title: string, code: string, says: RegExp][] = [
  [
    'a promise of undefined',
    'new ThreadsStrategy(options, async (_a, _r, _profile) => users.get(1));',
    /Type 'undefined' is not assignable to type 'false \| User \| null'/,
  ],
  [
    'a user that lacks a member',
    'new ThreadsStrategy(options, async (_a, _r, _profile) => ({}));',
    /Type '{}' is not assignable to type 'false \| User \| null'/,
  ],
  [
    'no promise',
    'new ThreadsStrategy(options, (_a, _r, _profile) => users.get(1)!);',
    /from type 'Promise<false \| User \| null>': then/,
  ],
  [
    'a misspelt member',
    'new ThreadsStrategy(options, async (_a, _r, profile) => profile.usernmae ? users.get(1)! : null);',
    /Did you mean 'username'/,
  ],
  [
    'a misspelt option',
    'new ThreadsStrategy({ ...options, longLive: true }, async () => false);',
    /Did you mean to write 'longLived'/,
  ],
  [
    'a missing option',
    'new ThreadsStrategy({ clientID: "1", clientSecret: "s" }, async () => false);',
    /Property 'callbackURL' is missing/,
  ],
];

const SOURCE = `import { ThreadsStrategy } from '../../lib/index.js';
declare global { namespace Express { interface User { key: number } } }
const options = { clientID: '1', clientSecret: 's', callbackURL: 'https://app.example/callback' };
declare const users: Map<number, Express.User>;
`;

describe("TypeScript's words about a wrong verify callback", () => {
  let messages: Map<number, string>;

  before(() => {
    messages = errorsOf(SOURCE + MISTAKES.map(([, code]) => code).join('\n'));
  });

  for (const [index, [title, , says]] of MISTAKES.entries()) {
    it(`name the mistake, and no option that has nothing to do with it: ${title}`, () => {
      const message = messages.get(SOURCE.split('\n').length - 1 + index);
      expect(message).to.match(says);
      expect(message).not.to.include('passReqToCallback');
    });
  }
});

/** What TypeScript has against a file beside this one, by line. */
function errorsOf(source: string): Map<number, string> {
  const options = {
    ...typescript.getDefaultCompilerOptions(),
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    module: typescript.ModuleKind.NodeNext,
    target: typescript.ScriptTarget.ES2022,
    types: ['node'],
  };
  const host = typescript.createCompilerHost(options);
  const { getSourceFile, fileExists } = host;
  host.fileExists = (path: string) => path === PATH || fileExists(path);
  host.getSourceFile = (path: string, ...rest: unknown[]) =>
    path === PATH ? typescript.createSourceFile(path, source, options.target) : getSourceFile(path, ...rest);
  const program = typescript.createProgram([PATH], options, host);
  const file = program.getSourceFile(PATH);
  const messages = new Map<number, string>();
  for (const { start, messageText } of program.getSemanticDiagnostics(file)) {
    const { line } = file.getLineAndCharacterOfPosition(start);
    messages.set(
      line,
      `${messages.get(line) ?? ''}${typescript.flattenDiagnosticMessageText(messageText, '\n')}\n`,
    );
  }
  return messages;
}
