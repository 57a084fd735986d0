import { expect } from 'chai';
import { read } from '../readme/markdown.js';

describe('example/testing', () => {
  for (const runner of ['node', 'playwright', 'vitest']) {
    it(`shows a test of an app with ${runner} in 25 lines at most`, () => {
      const text = read(`example/testing/sign-in.${runner}.ts`);
      expect(text.trimEnd().split('\n').length).to.be.at.most(25);
      for (const title of ['signing in', 'denial', 'missing permission', 'expired token', 'Threads down']) {
        expect(text).to.include(`test('${title}'`);
      }
    });
  }
});
