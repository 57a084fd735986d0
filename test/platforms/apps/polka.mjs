import polka from 'polka';
import { finish, start } from './people.mjs';

const app = polka();
app.get('/auth/threads', start);
app.get('/auth/threads/callback', finish);
app.listen(Number(process.env.PORT), '127.0.0.1', () => console.log('listening'));
