import { bulk } from './bulk.js';

export default bulk(10_000);
