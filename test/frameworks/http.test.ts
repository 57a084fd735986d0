import { itSignsPeopleIn } from './contract.js';
import { plainApp } from './plain.js';

describe('frameworks: node:http alone', () => itSignsPeopleIn(plainApp));
