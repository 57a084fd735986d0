import { Agent, type Dispatcher } from 'undici';
import { nodeDispatcher } from '../../lib/transport/node-dispatcher.js';

/**
 * What may carry a request where the app names no dispatcher. An undici of the tests' own, for the one that is global may
 * be Node.js' as soon as a test has used `fetch`.
 */
export const ways: [name: string, dispatcher: Dispatcher][] = [
  ['undici', new Agent()],
  ["Node.js' own client, as in the first requests of a process", nodeDispatcher as Dispatcher],
];
