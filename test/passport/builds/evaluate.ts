import { compileFunction } from 'node:vm';

/**
 * Runs a CommonJS script.
 *
 * @param script - its text
 * @param modules - what `require` gives it; whatever else it asks for does nothing at all
 * @param names - further names that it finds
 * @returns what it exports
 */
export function evaluate(script: string, modules: Record<string, unknown>, names: object = {}): unknown {
  const module = { exports: {} };
  const given = {
    module,
    exports: module.exports,
    require: (name: string) => modules[name] ?? nothing,
    ...names,
  };
  // In a function of its own, so that it may declare the same names.
  compileFunction(`(function () {\n${script}\n})();`, Object.keys(given))(...Object.values(given));
  return module.exports;
}

/** Can be called, constructed, printed, awaited and asked for any member, and that is all. */
export const nothing: unknown = new Proxy(class {}, {
  get(target, name) {
    if (name === 'prototype') return target.prototype;
    if (name === 'then' || name === '__esModule') return undefined;
    return name === Symbol.toPrimitive ? () => '' : nothing;
  },
  apply: () => nothing,
  construct: () => nothing as object,
});
