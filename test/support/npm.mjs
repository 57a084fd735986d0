/**
 * What `execFile` must run in place of npm: on Windows `npm` is a file for cmd.exe, which cannot be run without
 * a shell. npm tells every script that it runs where its own program is.
 *
 * @param {string[]} args
 * @returns {[program: string, args: string[]]}
 */
export function npm(args) {
  const cli = process.env.npm_execpath;
  return cli?.endsWith('npm-cli.js') ? [process.execPath, [cli, ...args]] : ['npm', args];
}
