import serverlessExpress from '@codegenie/serverless-express';
import { app } from './express.mjs';

export const handler = serverlessExpress({ app });
