const kinds = {
  string: { is: (value: unknown) => typeof value === 'string', words: 'a string' },
  number: { is: (value: unknown) => typeof value === 'number', words: 'a number' },
  boolean: { is: (value: unknown) => typeof value === 'boolean', words: 'true or false' },
  strings: { is: areStrings, words: 'a list of strings' },
  names: {
    is: (value: unknown) => typeof value === 'string' || areStrings(value),
    words: 'a string or a list of strings',
  },
  list: { is: Array.isArray, words: 'a list' },
  function: { is: (value: unknown) => typeof value === 'function', words: 'a function' },
  record: { is: isRecord, words: 'an object' },
  any: { is: () => true, words: 'anything' },
};

/** What a member may hold; with a question mark it may be left out. */
export type Member = keyof typeof kinds | `${keyof typeof kinds}?`;

/**
 * Checks an object that TypeScript has not seen, because it comes from JavaScript, a JSON file or the control API.
 * @throws TypeError that names the member and never its value, which may be a secret
 */
export function requireMembers(subject: string, value: unknown, members: Record<string, Member>): void {
  if (!isRecord(value)) throw new TypeError(`${subject} must be an object`);
  for (const name of Object.keys(value)) {
    if (!Object.hasOwn(members, name)) {
      const known = Object.keys(members).join(', ');
      throw new TypeError(
        `${subject} has no member ${name.slice(0, 60)}: ${known === '' ? 'it takes none' : `there are ${known}`}`,
      );
    }
  }
  for (const [name, member] of Object.entries(members)) {
    const kind = kinds[member.replace('?', '') as keyof typeof kinds];
    if (value[name] === undefined && member.endsWith('?')) continue;
    if (!kind.is(value[name])) throw new TypeError(`${subject}: ${name} must be ${kind.words}`);
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function areStrings(value: unknown): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
