import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { parse } from 'yaml';
import { Opened } from '../instances/programs.js';
import { startForgetfulRedis, startKeeper } from './keeper.js';
import { createStore } from './store.js';
import { startThreads } from './threads.js';

const FOLDER = fileURLToPath(new URL('../../example/token-keeper/deploy/', import.meta.url));
const read = (name: string) => readFileSync(join(FOLDER, name), 'utf8');

describe('the alerts and the dashboard of the token keeper', () => {
  const opened = new Opened();
  after(() => opened.close());

  const rules: { alert: string; expr: string }[] = parse(read('alerts.yml')).groups[0].rules;

  it('fire when they should, and not before', () => {
    const output = execFileSync('promtool', ['test', 'rules', 'alerts.test.yml'], {
      cwd: FOLDER,
      encoding: 'utf8',
    });
    expect(output).to.include('SUCCESS');
  });

  it('are each made to fire by a test', () => {
    const { tests } = parse(read('alerts.test.yml'));
    const fired = tests.flatMap(
      ({ alert_rule_test }: { alert_rule_test: { alertname: string; exp_alerts?: unknown[] }[] }) =>
        alert_rule_test.filter(({ exp_alerts }) => exp_alerts?.length).map(({ alertname }) => alertname),
    );
    expect(fired).to.have.members(rules.map(({ alert }) => alert));
  });

  it('read metrics that the keeper has', async () => {
    const store = await createStore();
    opened.add(() => store.close());
    const threads = await startThreads();
    opened.add(() => threads.close());
    const redis = await startForgetfulRedis(opened, store.folder);
    const keeper = await startKeeper({
      DATABASE_URL: store.url,
      TOKEN_KEYS: store.key,
      REDIS_URL: redis.url,
      THREADS_SIMULATOR_URL: threads.origins[0],
    });
    opened.add(() => keeper.kill());
    const metrics = await (await fetch(`${keeper.origin}/metrics`)).text();
    const panels: { targets: { expr: string }[] }[] = JSON.parse(read('dashboard.json')).panels;
    const expressions = [...rules, ...panels.flatMap(({ targets }) => targets)]
      .map(({ expr }) => expr)
      .join('\n');
    const names = new Set(expressions.match(/\bthreads_\w+/g));
    expect(names.size).to.be.above(8);
    const known = new Set([...metrics.matchAll(/^(threads_\w+)(?=[{ ])/gm)].map(([name]) => name));
    for (const name of names) expect(known, name).to.include(name);
    for (const outcome of expressions.matchAll(/outcome="(\w+)"/g)) expect(metrics).to.include(outcome[0]);
  });
});
