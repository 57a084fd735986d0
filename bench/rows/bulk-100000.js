import { bulk } from './bulk.js';

export default bulk(100_000);
