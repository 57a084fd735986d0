import { createHmac } from 'node:crypto';

/**
 * Makes `appsecret_proof`, which shows that a request with this token comes from a holder of the app secret.
 *
 * Source: Graph API, "Secure Graph API requests".
 *
 * @param accessToken - the access token that the request carries
 * @param clientSecret - the app secret
 * @returns HMAC-SHA256 of the token, keyed with the secret, in hexadecimal
 */
export function appSecretProof(accessToken: string, clientSecret: string): string {
  return createHmac('sha256', clientSecret).update(accessToken).digest('hex');
}
