// Types for packages that have none of their own, as far as these tests use them.

declare module 'sinon' {
  type Fake = (...args: never[]) => unknown;

  interface Stub extends Fake {
    callsFake(fake: Fake): Fake;
    callThrough(): Fake;
    resolves(value: unknown): Fake;
  }

  const sinon: {
    spy(real: Fake): Fake;
    fake(real: Fake): Fake;
    stub(): Stub;
    stub<Of extends object>(of: Of, method: keyof Of): Stub;
    useFakeTimers(options: { now: number; toFake: string[] }): {
      setSystemTime(time: number): void;
      restore(): void;
    };
    restore(): void;
  };
  export default sinon;
}
