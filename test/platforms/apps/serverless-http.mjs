import serverless from 'serverless-http';
import { app } from './express.mjs';

export const handler = serverless(app);
