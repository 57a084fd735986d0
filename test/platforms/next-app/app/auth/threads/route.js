import { start } from '../../../threads-client.mjs';

export const GET = (request) => start(request);
