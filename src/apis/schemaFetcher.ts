import { Agent, request } from 'undici';
import { fault } from '../domain/fault';
import type { Config } from '../config';
import { guardedLookup, isAllowedAddress } from '../events/callbackGuard';
import type { FetchSchema } from '../rest/extension/apply';
import { isIP } from 'node:net';

const MOST_BYTES = 262_144;
const TIMEOUT_MS = 5000;

/**
 * Gets schemas from the hosts of EXTENSION_HOSTS and from nowhere else: https (http where private addresses are allowed), the address
 * behind the name checked, no redirect followed, at most 256 KB in 5 s.
 */
export function schemaFetcher({ extensionHosts, allowPrivateCallbacks }: Pick<Config, 'extensionHosts' | 'allowPrivateCallbacks'>): FetchSchema {
  const hosts = new Set(extensionHosts);
  const agent = new Agent({ connect: { lookup: guardedLookup(allowPrivateCallbacks), timeout: TIMEOUT_MS }, headersTimeout: TIMEOUT_MS, bodyTimeout: TIMEOUT_MS });
  return async (address) => {
    const url = new URL(address);
    if (!hosts.has(url.host.toLowerCase()) && !hosts.has(url.hostname.toLowerCase())) return undefined;
    const ip = url.hostname.replace(/^\[|\]$/g, '');
    const open = url.protocol === 'https:' || (allowPrivateCallbacks && url.protocol === 'http:');
    if (!open || url.username !== '' || (isIP(ip) !== 0 && !isAllowedAddress(ip, allowPrivateCallbacks))) return undefined;
    try {
      const { statusCode, body } = await request(url, { dispatcher: agent, signal: AbortSignal.timeout(TIMEOUT_MS), headers: { accept: 'application/schema+json, application/json' } });
      if (statusCode !== 200) {
        await body.dump().catch(() => undefined);
        throw new Error(`the host answered ${statusCode}`);
      }
      return await textOf(body);
    } catch (error) {
      throw fault('EXT-01', `The extension schema at ${address.slice(0, 200)} could not be had: ${(error as Error).message.slice(0, 120)}. Register it at /trunkline/v1/extensionSchema, or leave @schemaLocation out.`);
    }
  };
}

async function textOf(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > MOST_BYTES) throw new Error(`it is larger than ${MOST_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
