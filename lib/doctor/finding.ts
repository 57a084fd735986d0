/** One line of the doctor's report. */
export interface Finding {
  /** `error` must be mended before people can sign in; `unchecked` could not be found out. */
  kind: 'ok' | 'warning' | 'error' | 'unchecked';
  /** A sentence or more: what was found and what to do. Never holds a secret. */
  text: string;
}

export const ok = (text: string): Finding => ({ kind: 'ok', text });
export const warning = (text: string): Finding => ({ kind: 'warning', text });
export const error = (text: string): Finding => ({ kind: 'error', text });
export const unchecked = (text: string): Finding => ({ kind: 'unchecked', text });
