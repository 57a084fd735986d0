// API Gateway's HTTP APIs hand a request to a function as an event of version 2.0, and take an object for an answer:
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
import { randomUUID } from 'node:crypto';

/**
 * @param {import('node:http').IncomingMessage} req
 * @param {Buffer} body
 * @returns {object} the event for the function
 */
export function toEvent(req, body) {
  const { pathname, search, searchParams } = new URL(req.url, 'http://localhost');
  const { cookie, ...headers } = req.headers;
  const now = new Date();
  return {
    version: '2.0',
    routeKey: '$default',
    rawPath: decodeURI(pathname),
    rawQueryString: search.slice(1),
    ...(cookie && { cookies: cookie.split(/; */) }),
    headers: joined(Object.entries(headers)),
    ...(search.length > 1 && { queryStringParameters: joined(searchParams) }),
    requestContext: {
      accountId: '123456789012',
      apiId: 'local',
      domainName: headers.host,
      domainPrefix: 'local',
      http: {
        method: req.method,
        path: decodeURI(pathname),
        protocol: 'HTTP/1.1',
        sourceIp: req.socket.remoteAddress,
        userAgent: headers['user-agent'],
      },
      requestId: randomUUID(),
      routeKey: '$default',
      stage: '$default',
      time: now.toUTCString(),
      timeEpoch: now.getTime(),
    },
    ...(body.length > 0 && { body: body.toString('base64') }),
    isBase64Encoded: body.length > 0,
  };
}

/**
 * @param {object} result what the function returned
 * @param {import('node:http').ServerResponse} res
 */
export function sendResult(
  { statusCode = 200, headers = {}, cookies = [], body = '', isBase64Encoded },
  res,
) {
  res.statusCode = statusCode;
  for (const [name, value] of Object.entries(headers)) res.setHeader(name, String(value));
  if (cookies.length > 0) res.setHeader('Set-Cookie', cookies);
  res.end(Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8'));
}

// A name that comes more than once has its values in one, with commas.
function joined(entries) {
  const values = {};
  for (const [name, value] of entries) {
    values[name] = name in values ? `${values[name]},${value}` : String(value);
  }
  return values;
}
