#!/usr/bin/env node
'use strict';

const COMMANDS = {
  doctor: () => require('../dist/doctor/command.js'),
};

const USAGE = `Usage: passport-threads-oauth2 <command>

Commands:
  doctor   checks the settings of an app, and asks Threads whether they are right

passport-threads-oauth2 <command> --help says more.`;

const [name, ...args] = process.argv.slice(2);
if (Object.hasOwn(COMMANDS, name ?? '')) {
  const surroundings = { env: process.env, folder: process.cwd(), print: console.log };
  COMMANDS[name]()
    .run(args, surroundings)
    .then((code) => {
      process.exitCode = code;
    });
} else if (name === '--help' || name === 'help') {
  console.log(USAGE);
} else {
  console.error(name === undefined ? USAGE : `There is no command ${JSON.stringify(name)}.\n\n${USAGE}`);
  process.exitCode = 2;
}
