import { createHmac } from 'node:crypto';
import { assertSuccess, getJSON, type JSONResponse, type TransportOptions } from '../transport/request.js';
import type { Operation } from './error-codes.js';
import { parseErrorResponse } from './error-response.js';
import { ThreadsGraphAPIError } from './errors.js';

/** How the Graph API is asked. */
export interface GraphOptions extends TransportOptions {
  /** The app secret: kept out of errors, and needed for `enableProof`. */
  clientSecret?: string | undefined;
  /** Whether to send `appsecret_proof` for the access token that the request carries. Default: `false`. */
  enableProof?: boolean | undefined;
}

/**
 * Asks the Graph API something that changes nothing.
 *
 * @param url - the endpoint
 * @param params - the query, with the `access_token`
 * @param options - how to ask
 * @param operation - what for, on which the meaning of a refusal depends
 * @throws {@link ThreadsGraphAPIError} when it refuses
 * @throws {@link ThreadsNetworkError} when there is no usable answer
 *
 * Sources: Graph API, "Handle errors" and "Secure Graph API requests".
 */
export async function graphRequest(
  url: string,
  params: { access_token: string } & Record<string, string>,
  options: GraphOptions,
  operation: Operation,
): Promise<JSONResponse> {
  const { clientSecret = '', enableProof } = options;
  if (enableProof && !clientSecret) throw new TypeError('`enableProof` needs `clientSecret`');
  const proof = enableProof
    ? createHmac('sha256', clientSecret).update(params.access_token).digest('hex')
    : '';
  const query = proof ? { ...params, appsecret_proof: proof } : params;
  const answer = await getJSON(url, query, options, true);

  const { status: httpStatus, retryAfter } = answer;
  const { access_token, input_token = '' } = params;
  const refusal = parseErrorResponse(answer, [access_token, input_token, clientSecret, proof]);
  if (refusal) throw new ThreadsGraphAPIError(refusal, { operation, httpStatus, retryAfter });
  assertSuccess(answer, () => new URL(url).pathname);
  return answer;
}
