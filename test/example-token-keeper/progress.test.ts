import { Writable } from 'node:stream';
import { expect } from 'chai';
import { createProgress } from '../../example/token-keeper/src/audit/progress.js';

describe('the progress of npm run tokens:audit', () => {
  /** A stream, and what was written to it. */
  function output(members: object = {}) {
    let written = '';
    const write = (text: Buffer, _encoding: string, done: () => void) => {
      written += text;
      done();
    };
    const stream = Object.assign(new Writable({ write }), members);
    return { stream: stream as unknown as NodeJS.WriteStream, text: () => written };
  }

  it('is a bar with a rate and the time left on a terminal, says when Threads wants a pause, and gives the cursor back', () => {
    const { stream, text } = output({ isTTY: true, columns: 120 });
    const progress = createProgress(200, 50, stream);
    progress.at(100);
    progress.pause(90_000);
    progress.end();
    expect(text())
      .to.match(/50 % \| 100 of 200 \| \d+ a second \| \d+ s left .*\(Threads wants a pause of 2 min\)/)
      // biome-ignore lint/suspicious/noControlCharactersInRegex: it is what shows the cursor of a terminal
      .and.match(/\u001b\[\?25h/);
  });

  it('is a line for every twentieth elsewhere, and never the same one twice', () => {
    const { stream, text } = output();
    const progress = createProgress(40, 0, stream);
    for (let done = 1; done <= 40; done++) progress.at(done);
    progress.pause(1500);
    progress.at(40);
    progress.end();
    const lines = text().trim().split('\n');
    expect(lines).to.have.length(21);
    expect(lines.slice(-3)).to.deep.equal(['38 of 40', '40 of 40', 'Threads wants a pause of 2 s']);
  });

  it('goes on from where a stopped audit was', () => {
    const { stream, text } = output();
    const progress = createProgress(1000, 300, stream);
    for (const done of [301, 349, 350, 1000]) progress.at(done);
    expect(text()).to.equal('350 of 1000\n1000 of 1000\n');
  });
});
