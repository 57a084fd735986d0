/** The paths of an endpoint of Threads: it answers with its version and without one. */
export function threadsPaths(path: string): string[] {
  return [path, `/v1.0${path}`];
}

/** The one spelling of an endpoint's path: without its version and without a slash at the end. */
export function endpointOf(path: string): string {
  return path.replace(/^\/v\d+\.\d+(?=\/)/, '').replace(/(?<=.)\/$/, '');
}
