import { fromNodeHandler } from 'nitro/h3';
import { start } from '../../../people.mjs';

export default fromNodeHandler(start);
