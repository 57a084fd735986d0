import { read, snippets } from './markdown.js';

/** The first app of the README, as a JavaScript module, or in TypeScript with the lines that differ. */
export function firstApp(name: 'app.mjs' | 'app.ts'): string {
  const blocks = snippets(read('README.md'));
  const code = blocks.find(({ code }) => code.startsWith('// app.mjs'))?.code;
  const differing = blocks.find(
    ({ language, code }) => language === 'ts' && code.includes('ThreadsFailure'),
  )?.code;
  if (!code || !differing) throw new Error('The README has no first app, or not in TypeScript');
  if (name === 'app.mjs') return code;

  const lines = code.split('\n');
  for (const line of differing.trimEnd().split('\n')) {
    if (line.startsWith('declare ')) {
      lines.push(line);
      continue;
    }
    // The line that it takes the place of has the same first words, up to the first name in it.
    const isReplaced = (old: string) =>
      line.startsWith('import')
        ? old.endsWith(line.slice(line.indexOf(' from ')))
        : old.startsWith(beginning(line));
    const at = lines.findIndex(isReplaced);
    if (at === -1) throw new Error(`No line of app.mjs is like: ${line}`);
    lines[at] = line;
  }
  return lines.join('\n');
}

function beginning(line: string): string {
  return (
    /^\s*const \w+ =|^passport\.\w+\(\(user|^\s*passport\.authenticate\('threads', \(error/.exec(line)?.[0] ??
    line
  );
}
