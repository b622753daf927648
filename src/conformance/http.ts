import type { Exchange } from './types';

export interface Call {
  readonly body?: unknown;
  /** Sent as it is. */
  readonly text?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Asks the server under test and keeps what went over the wire. */
export interface Client {
  call(method: string, url: string, given?: Call): Promise<Exchange>;
  /** Exchanges since the last time this was asked. */
  taken(): Exchange[];
}

/** What pactum gives back: an answer, or the error of the connection. */
interface Tossed {
  readonly statusCode?: number;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly text?: string;
  readonly code?: string;
  readonly message?: string;
}

const METHODS = { GET: 'get', POST: 'post', PUT: 'put', PATCH: 'patch', DELETE: 'delete' } as const;

/** @param headers of every request, such as Authorization */
export async function createClient(headers: Readonly<Record<string, string>>, timeoutMs: number): Promise<Client> {
  // Only this command needs it, and it takes its time to load.
  // By require: Node sees none of pactum's names when it imports it.
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const { request: pactumRequest, settings, spec } = require('pactum') as typeof import('pactum');
  settings.setLogLevel('SILENT');
  pactumRequest.setDefaultTimeout(timeoutMs);
  let exchanges: Exchange[] = [];
  return {
    async call(method, url, { body, text, headers: more = {} } = {}) {
      const requestBody = text ?? (body === undefined ? undefined : JSON.stringify(body));
      const requestHeaders = { accept: 'application/json', ...(requestBody === undefined ? {} : { 'content-type': 'application/json' }), ...headers, ...more };
      const send = async (): Promise<Tossed> => {
        const one = spec()[METHODS[method as keyof typeof METHODS]](url).withHeaders(requestHeaders);
        if (requestBody !== undefined) one.withBody(requestBody);
        return await one.toss().catch((error: unknown) => error) as Tossed;
      };
      const began = Date.now();
      let answer = await send();
      // The server closed a connection that had been idle: it has not seen the request.
      if (answer.statusCode === undefined && /ECONNRESET|EPIPE/.test(answer.code ?? '')) answer = await send();
      if (answer.statusCode === undefined) throw new Error(`${method} ${url}: ${answer.message ?? 'no answer'}`);
      const answerText = answer.text ?? '';
      const exchange: Exchange = {
        method, url, requestHeaders: hidden(requestHeaders), ...(requestBody === undefined ? {} : { requestBody }), status: answer.statusCode,
        headers: hidden(Object.fromEntries(Object.entries(answer.headers ?? {}).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]))),
        text: answerText, body: parsed(answerText), tookMs: Date.now() - began,
      };
      exchanges.push(exchange);
      return exchange;
    },
    taken() {
      const taken = exchanges;
      exchanges = [];
      return taken;
    },
  };
}

/** Reports are handed on: nothing in them may open a door. */
const hidden = (headers: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, /authorization|api-?key|token|secret|cookie/i.test(name) ? '(hidden)' : value]));

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
