import { createServer } from 'node:http';

// Answers at once, or after as many milliseconds as it is started with.
const delay = Number(process.argv[2]);

const token = 'THQVJ0c2FtcGxlLXRva2VuLW9mLWEtcGVyc29u';
const documents = {
  '/oauth/access_token': `{"access_token":"${token}","user_id":17841405793187218}`,
  '/access_token': `{"access_token":"${token}","token_type":"bearer","expires_in":5183944}`,
  '/v1.0/me': JSON.stringify({
    id: '17841405793187218',
    username: 'jane.doe',
    name: 'Jane Doe',
    threads_profile_picture_url: 'https://scontent.example/v/t51.2885-15/jane.jpg?stp=dst-jpg_s150x150',
    threads_biography: 'Gardener, cyclist, reader of long books.',
    is_verified: false,
  }),
  '/v1.0/debug_token': JSON.stringify({
    data: {
      type: 'USER',
      application: 'Bench',
      data_access_expires_at: 4754846089,
      expires_at: 4752254132,
      is_valid: true,
      issued_at: 1747070132,
      scopes: ['threads_basic', 'threads_content_publish'],
      user_id: '17841405793187218',
    },
  }),
};

// A round trip begins when a request finds no other one under way.
let roundTrips = 0;
let underWay = 0;

const server = createServer((req, res) => {
  if (req.url === '/round-trips') {
    res.end(String(roundTrips));
    roundTrips = 0;
    return;
  }
  if (underWay++ === 0) roundTrips++;
  const answer = () => {
    underWay--;
    const body = documents[req.url.split('?')[0]];
    res.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
    res.end(body);
  };
  req.resume().on('end', delay ? () => setTimeout(answer, delay) : answer);
});
server.keepAliveTimeout = 0;
server.listen(0, '127.0.0.1', () => process.send(`http://127.0.0.1:${server.address().port}`));
process.on('disconnect', () => process.exit());
