import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';

// How API Gateway's REST APIs hand a request to a function, and what they take for an answer:
// https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html

interface Result {
  statusCode: number;
  headers?: Record<string, string | number>;
  multiValueHeaders?: Record<string, string[]>;
  body?: string;
  isBase64Encoded?: boolean;
}

/** The event for the function. Every value comes twice: the last one of a name, and all of them. */
export function toEvent(req: IncomingMessage, body: Buffer): object {
  const { pathname, searchParams } = new URL(String(req.url), 'http://localhost');
  const headers = Object.entries(req.headersDistinct) as [string, string[]][];
  const query = [...new Set(searchParams.keys())].map((name) => [name, searchParams.getAll(name)] as const);
  return {
    resource: '/{proxy+}',
    path: pathname,
    httpMethod: req.method,
    headers: lastOf(headers),
    multiValueHeaders: Object.fromEntries(headers),
    queryStringParameters: query.length > 0 ? lastOf(query) : null,
    multiValueQueryStringParameters: query.length > 0 ? Object.fromEntries(query) : null,
    pathParameters: { proxy: pathname.slice(1) },
    stageVariables: null,
    requestContext: {
      accountId: '123456789012',
      apiId: 'local',
      domainName: req.headers.host,
      httpMethod: req.method,
      identity: { sourceIp: '127.0.0.1', userAgent: req.headers['user-agent'] ?? null },
      path: pathname,
      protocol: 'HTTP/1.1',
      requestId: randomUUID(),
      requestTimeEpoch: Date.now(),
      resourcePath: '/{proxy+}',
      stage: 'test',
    },
    body: body.length > 0 ? body.toString('base64') : null,
    isBase64Encoded: body.length > 0,
  };
}

/** Sends the answer of the function. A header that is in both places is taken from the values. */
export function sendResult(result: Result, res: ServerResponse): void {
  const { statusCode, headers = {}, multiValueHeaders = {}, body = '', isBase64Encoded } = result;
  res.statusCode = statusCode;
  for (const [name, value] of Object.entries(headers)) res.setHeader(name, String(value));
  for (const [name, values] of Object.entries(multiValueHeaders)) res.setHeader(name, values);
  res.end(Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8'));
}

function lastOf(entries: readonly (readonly [string, string[]])[]): Record<string, string> {
  return Object.fromEntries(entries.map(([name, values]) => [name, values.at(-1) ?? '']));
}
