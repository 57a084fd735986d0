import { fromNodeHandler } from 'nitro/h3';
import { finish } from '../../../people.mjs';

export default fromNodeHandler(finish);
