/** One line of the doctor's report: it is so, it is worth knowing, or it must be mended. */
export interface Finding {
  kind: 'fine' | 'note' | 'problem';
  /** A sentence or more: what was found and, for a problem, what to do. Never holds a secret. */
  text: string;
}

/** Says that something is as it must be. */
export const fine = (text: string): Finding => ({ kind: 'fine', text });

/** Says something that is worth knowing, and that may be all right. */
export const note = (text: string): Finding => ({ kind: 'note', text });

/** Says what must be mended before anybody can sign in. */
export const problem = (text: string): Finding => ({ kind: 'problem', text });
