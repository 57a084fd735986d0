#!/usr/bin/env node
'use strict';

const COMMANDS = {
  simulator: () => require('../dist/simulator/command.js'),
  doctor: () => require('../dist/doctor/command.js'),
};

const USAGE = `Usage: passport-threads-oauth2 <command>

Commands:
  simulator  runs a Threads on this machine, for development and tests
  doctor     checks the settings of an app, asks Threads whether they are right, and
             explains its errors

passport-threads-oauth2 <command> --help says more, --version shows the version.`;

const words = process.argv.slice(2);
// `help simulator` is `simulator --help`.
const [name, ...args] = words[0] === 'help' && words.length > 1 ? [words[1], '--help'] : words;

if (Object.hasOwn(COMMANDS, name ?? '')) {
  const context = { env: process.env, folder: process.cwd(), print: console.log };
  COMMANDS[name]()
    .run(args, context)
    .then(
      (code) => {
        process.exitCode = code;
      },
      (error) => {
        const misused = String(error.code).startsWith('ERR_PARSE_ARGS');
        console.error(misused ? `${error.message}\nAdd --help to see the options.` : error.message);
        process.exitCode = misused ? 2 : 1;
      },
    );
} else if (name === '--help' || name === '-h' || name === 'help') {
  console.log(USAGE);
} else if (name === '--version' || name === '-v') {
  console.log(require('../package.json').version);
} else {
  console.error(name === undefined ? USAGE : `There is no command ${JSON.stringify(name)}.\n\n${USAGE}`);
  process.exitCode = 2;
}
