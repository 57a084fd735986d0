import { expect } from 'chai';
import { networkError } from '../../lib/transport/network-error.js';

/** An error as Node.js makes it of one connection. */
const failed = (code: string, address: string) =>
  Object.assign(new Error(`connect ${code} ${address}:443`), {
    code,
    address,
    port: 443,
    syscall: 'connect',
  });

/** An error as Node.js makes it of all the addresses that a host has. */
const allFailed = (...errors: Error[]) =>
  Object.assign(new AggregateError(errors), { code: (errors[0] as { code?: string }).code });

const errorOf = (error: Error, httpStatus?: number) => networkError(error, 'graph.threads.net', httpStatus);

describe('Connections that never came about', () => {
  it('are a TIMEOUT that names each address and the option of Node.js', () => {
    const { code, message } = errorOf(
      allFailed(failed('ETIMEDOUT', '157.240.1.35'), failed('ENETUNREACH', '2a03:2880::1')),
    );
    expect(code).to.equal('TIMEOUT');
    expect(message)
      .to.include('157.240.1.35 (ETIMEDOUT), 2a03:2880::1 (ENETUNREACH)')
      .and.match(/more than \d+ ms with .*`--network-family-autoselection-attempt-timeout`/);
  });

  it('are a TIMEOUT also where only the last address was too slow', () => {
    const error = allFailed(failed('ENETUNREACH', '2a03:2880::1'), failed('ETIMEDOUT', '157.240.1.35'));
    expect(errorOf(error)).to.include({ code: 'TIMEOUT', status: 504 });
  });

  it('name one address where there is one', () => {
    expect(errorOf(failed('ETIMEDOUT', '157.240.1.35')).message).to.include('157.240.1.35 (ETIMEDOUT)');
  });

  it('are NETWORK where all addresses refuse, without the option', () => {
    const error = errorOf(allFailed(failed('ECONNREFUSED', '::1'), failed('ECONNREFUSED', '127.0.0.1')));
    expect(error.code).to.equal('NETWORK');
    expect(error.message).to.not.include('autoselection');
  });

  it('quote nothing that is not an address', () => {
    expect(errorOf(failed('ETIMEDOUT', 'TOKEN')).message).to.not.include('TOKEN');
  });

  it('are told from a connection that came about and then fell silent', () => {
    const silent = Object.assign(new Error('read ETIMEDOUT'), { code: 'ETIMEDOUT', syscall: 'read' });
    expect(errorOf(silent).message).to.equal('graph.threads.net did not answer in time (ETIMEDOUT)');
  });
});

describe('The advice on a connection that failed', () => {
  const advice: [code: string, words: RegExp][] = [
    ['ENOTFOUND', /Check the network/],
    ['ECONNREFUSED', /Check the network/],
    ['EHOSTUNREACH', /Check the network/],
    ['SELF_SIGNED_CERT_IN_CHAIN', /NODE_EXTRA_CA_CERTS/],
    ['CERT_HAS_EXPIRED', /Check the certificate/],
    ['ERR_TLS_CERT_ALTNAME_INVALID', /Check the certificate/],
    ['UND_ERR_ABORTED', /Check the proxy of the dispatcher/],
    ['UND_ERR_DESTROYED', /has been closed/],
    ['UND_MOCK_ERR_MOCK_NOT_MATCHED', /a mock that has no answer/],
  ];
  for (const [code, words] of advice) {
    it(`suits ${code}`, () => {
      const { message } = errorOf(Object.assign(new Error('GET /me?access_token=TOKEN'), { code }));
      expect(message).to.match(words).and.to.not.include('TOKEN');
      if (!String(words).includes('network')) expect(message).to.not.match(/network|DNS/);
    });
  }

  it('is none where the upstream closed the connection, or nothing is known', () => {
    for (const error of [Object.assign(new Error(), { code: 'ECONNRESET' }), new Error('?')]) {
      expect(errorOf(error).message).to.match(/^The connection to graph\.threads\.net failed \([\w ]+\)$/);
    }
  });
});
