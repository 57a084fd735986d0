import { BUILDS } from './builds.js';
import { describeBuilds } from './describe-builds.js';

describeBuilds(BUILDS);
