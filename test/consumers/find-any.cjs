'use strict';

/**
 * Lists what is `any` in the package's declarations, written out or left over from an import that finds nothing.
 * Runs with TypeScript 5, the last one with a compiler API in JavaScript.
 */
const { dirname, relative } = require('node:path');
const [, , typescript, ...entries] = process.argv;
const ts = require(typescript);

const program = ts.createProgram(entries, {
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  strict: true,
});
const checker = program.getTypeChecker();
const root = dirname(entries[0]);
const files = program.getSourceFiles().filter(({ fileName }) => fileName.startsWith(`${root}/`));
if (files.length < entries.length) throw new Error('The declarations were not found');
for (const file of files) visit(file, file);

function visit(node, file) {
  if (
    ts.isTypeNode(node) &&
    // A span is a part of a template, not a type: the checker has none for it. The type within it is visited.
    !ts.isTemplateLiteralTypeSpan(node) &&
    !isBaseClass(node) &&
    checker.getTypeFromTypeNode(node).flags & ts.TypeFlags.Any
  ) {
    const { line } = file.getLineAndCharacterOfPosition(node.getStart(file));
    console.log(`${relative(root, file.fileName)}:${line + 1} ${node.getText(file)}`);
  }
  ts.forEachChild(node, (child) => visit(child, file));
}

// An expression, which only looks like a type.
function isBaseClass(node) {
  return ts.isExpressionWithTypeArguments(node) && ts.isClassDeclaration(node.parent.parent);
}
