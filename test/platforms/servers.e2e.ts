import { existsSync, readdirSync, statSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { install, packPackage, run } from '../consumers/workspace.mjs';
import { Browser } from '../frameworks/support.js';
import { itSignsPeopleInCold } from './contract.js';
import { type Platform, startProgram } from './support.js';

const MINUTE = 60_000;
const HERE = fileURLToPath(new URL('.', import.meta.url));
const PACKAGES = [
  ...['passport@0.7', 'bun@1', 'deno@2', 'hono@4', 'express@5', 'h3@2', 'nitro@3'],
  ...['@feathersjs/feathers@5', '@feathersjs/express@5'],
  ...['@nestjs/core@12', '@nestjs/common@12', '@nestjs/passport@12', '@nestjs/platform-fastify@12'],
  ...['reflect-metadata@0.2', 'rxjs@7'],
];
const BUN: [string, string][] = [
  ['bun', 'bun.exe'],
  ['@oven', 'bin/bun'],
  ['@oven', 'bin/bun.exe'],
];
const DENO: [string, string][] = [
  ['@deno', 'deno'],
  ['@deno', 'deno.exe'],
];

describe('platforms: servers that are no dependencies of this repository', function () {
  this.timeout(5 * MINUTE);

  let packed: Awaited<ReturnType<typeof packPackage>>;
  let folder: string;

  before(async () => {
    packed = await packPackage();
    folder = join(packed.folder, 'servers');
    await install(folder, ...PACKAGES, packed.tarball);
    await cp(join(HERE, 'apps'), join(folder, 'apps'), { recursive: true });
  });

  after(() => packed?.remove());

  const app = (name: string) => join(folder, `apps/${name}.mjs`);
  const onNode = (name: string) => startProgram(process.execPath, [app(name)]);
  const onBun = (name: string) => startProgram(programIn(folder, ...BUN), [app(name)]);
  const onDeno = (name: string) =>
    startProgram(programIn(folder, ...DENO), ['run', '--allow-all', app(name)]);

  for (const [title, start] of Object.entries<() => Promise<Platform>>({
    'NestJS 12 with its Fastify adapter': () => onNode('nest-fastify'),
    'Feathers 5 on Express': () => onNode('feathers'),
    'h3 2': () => onNode('h3'),
    'Bun, Express 5': () => onBun('express-server'),
    'Bun, node:http': () => onBun('http'),
    'Bun, Hono with ThreadsClient': () => onBun('hono-client'),
    'Deno, Express 5': () => onDeno('express-server'),
    'Deno, node:http': () => onDeno('http'),
    'Deno, Hono with ThreadsClient': () => onDeno('hono-client'),
  })) {
    describe(title, () => itSignsPeopleInCold(start));
  }

  it('NestJS with its Fastify adapter, where the guard has no `getResponse`: the start of a login answers 500, and says which method is missing', async () => {
    const settings = { WITHOUT_GET_RESPONSE: '1' };
    const platform = await startProgram(process.execPath, [app('nest-fastify')], settings);
    try {
      const { status, text } = await new Browser(platform.origin).open('/auth/threads');
      expect(status).to.equal(500);
      expect(JSON.parse(text)).to.have.property('message', 'res.setHeader is not a function');
    } finally {
      await platform.close();
    }
  });

  describe('Nitro 3, built', () => {
    const nitro = () => join(folder, 'nitro-app');

    before(async () => {
      await cp(join(HERE, 'nitro-app'), nitro(), { recursive: true });
      await cp(app('people'), join(nitro(), 'people.mjs'));
      await run(process.execPath, [join(folder, 'node_modules/nitro/dist/cli/index.mjs'), 'build'], nitro());
    });

    itSignsPeopleInCold(() => startProgram(process.execPath, [join(nitro(), '.output/server/index.mjs')]));
  });
});

/** Finds a program that npm packages bring for each system; a script of the installation may move it. */
function programIn(folder: string, ...places: [parent: string, file: string][]): string {
  const modules = join(folder, 'node_modules');
  const files = places.flatMap(([parent, file]) =>
    readdirSync(join(modules, parent)).map((name) => join(modules, parent, name, file)),
  );
  const program = files.find((file) => existsSync(file) && statSync(file).size > 1_000_000);
  if (!program) throw new Error(`npm installed no program for this system: ${places.join(' ')}`);
  return program;
}
