/** Whether two types are the same, to the letter: `any` equals nothing but `any`. */
export type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** Compiles for `true` alone. */
export type Expect<T extends true> = T;

/** Whether a type is `any`, which would agree with every other expectation. */
export type IsAny<T> = 0 extends 1 & T ? true : false;

export type Not<T extends boolean> = T extends true ? false : true;
