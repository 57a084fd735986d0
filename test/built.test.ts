import { createRequire } from 'node:module';
import { expect } from 'chai';

const built: Record<string, unknown> = createRequire(import.meta.url)('passport-threads-oauth2');

describe('the built package', () => {
  const classes = Object.entries(built).filter(([name, value]) => {
    return typeof value === 'function' && /^[A-Z]/.test(name) && name !== 'Strategy';
  });

  it('calls its classes by their names, as stack traces and logs show them', () => {
    expect(classes).to.have.length.above(5);
    for (const [name, value] of classes) expect(value).to.have.property('name', name);
  });
});
