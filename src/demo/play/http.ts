/** What the demo knows of the product: its public HTTP APIs, and nothing else. */
export interface Client {
  readonly base: string;
  get(path: string): Promise<Reply>;
  /** All of a list, page by page. */
  list(path: string): Promise<Resource[]>;
  count(path: string): Promise<number>;
  post(path: string, body: unknown, key?: string): Promise<Resource>;
  /** Only when the resource is still as that ETag says, where one is given: else the Error's status is 412. */
  patch(path: string, body: unknown, etag?: string): Promise<Resource>;
  /** Sends a file as it is. */
  send(path: string, content: Buffer, type: string): Promise<Resource>;
}

export type Resource = Readonly<Record<string, unknown>> & { readonly id: string };

export interface Reply {
  readonly status: number;
  readonly total: number;
  readonly etag?: string;
  readonly body: unknown;
}

const PAGE = 1000;
const TRIES = 40;
const PAUSE_MS = 250;
const REQUEST_MS = 120_000;

export const pause = (ms: number): Promise<void> => new Promise((resolve) => { setTimeout(resolve, ms); });

/** The address of a resource of an API. */
export const at = (api: string, resource: string): string => (api === 'trunkline' ? `/trunkline/v1/${resource}` : `/tmf-api/${api}/v4/${resource}`);

const UNANSWERED = 'Unanswered';

/** Nothing is known of what became of the request: it has to be asked again. */
const unanswered = (message: string): Error => Object.assign(new Error(message), { name: UNANSWERED });

async function once(url: string, init: RequestInit): Promise<{ reply: Reply; text: string }> {
  const response = await fetch(url, { ...init, signal: AbortSignal.timeout(REQUEST_MS) }).catch((error: Error) => {
    throw unanswered(`${url} did not answer: ${error.message}`);
  });
  const text = await response.text().catch((error: Error) => { throw unanswered(`${url} broke off: ${error.message}`); });
  // Busy, another request with the same key under way, or what a killed process was changing not free yet: nothing was done, so it may be asked again.
  if (response.status === 503 || response.status === 429 || (response.status === 409 && /"REQ-(16|20)"/.test(text))) throw unanswered(`${url} answered ${response.status}`);
  const etag = response.headers.get('etag');
  const body = text === '' ? undefined : JSON.parse(text) as unknown;
  return { reply: { status: response.status, total: Number(response.headers.get('x-total-count') ?? 0), ...(etag === null ? {} : { etag }), body }, text };
}

/** A client of a server that may be killed and started again meanwhile: every request is one that may be repeated. */
export function client(bases: readonly string[]): Client {
  let turn = 0;
  const ask = async (path: string, init: RequestInit): Promise<{ reply: Reply; text: string }> => {
    for (let tries = 1; ; tries += 1) {
      turn += 1;
      try {
        return await once(`${bases[turn % bases.length]!}${path}`, init);
      } catch (error) {
        if ((error as Error).name !== UNANSWERED || tries >= TRIES) throw error;
        await pause(PAUSE_MS);
      }
    }
  };
  const get = async (path: string): Promise<Reply> => (await ask(path, {})).reply;
  const made = async (path: string, init: RequestInit, method = 'POST'): Promise<Resource> => {
    const { reply, text } = await ask(path, { method, ...init });
    if (reply.status !== 201 && reply.status !== 200) throw Object.assign(new Error(`${method} ${path} answered ${reply.status}: ${text.slice(0, 600)}`), { status: reply.status });
    return reply.body as Resource;
  };
  const page = async (path: string, limit: number, offset: number): Promise<Reply> => {
    const reply = await get(`${path}${path.includes('?') ? '&' : '?'}limit=${limit}&offset=${offset}`);
    if (reply.status !== 200 && reply.status !== 206) throw new Error(`GET ${path} answered ${reply.status}: ${JSON.stringify(reply.body).slice(0, 600)}`);
    return reply;
  };
  return {
    base: bases[0]!, get,
    async list(path) {
      const found: Resource[] = [];
      for (;;) {
        const { body, total } = await page(path, PAGE, found.length);
        found.push(...body as Resource[]);
        if ((body as Resource[]).length === 0 || found.length >= total) return found;
      }
    },
    count: async (path) => (await page(path, 1, 0)).total,
    post: (path, body, key) => made(path, { headers: { 'content-type': 'application/json', ...(key === undefined ? {} : { 'idempotency-key': key }) }, body: JSON.stringify(body) }),
    patch: (path, body, etag) => made(path, { headers: { 'content-type': 'application/merge-patch+json', ...(etag === undefined ? {} : { 'if-match': etag }) }, body: JSON.stringify(body) }, 'PATCH'),
    send: (path, content, type) => made(path, { headers: { 'content-type': type }, body: new Uint8Array(content) }),
  };
}

/** So many at a time, in the order of the list. */
export async function inParallel<T>(list: readonly T[], abreast: number, work: (one: T) => Promise<void>): Promise<void> {
  const rest = [...list];
  await Promise.all(Array.from({ length: Math.min(abreast, rest.length) }, async () => {
    for (let one = rest.shift(); one !== undefined; one = rest.shift()) await work(one);
  }));
}

/** Asks until the answer is true. @throws Error that names what did not come about */
export async function until(what: string, question: () => Promise<boolean>, withinMs = 120_000): Promise<void> {
  const deadline = Date.now() + withinMs;
  for (let wait = 20; !await question(); wait = Math.min(wait * 1.5, 250)) {
    if (Date.now() > deadline) throw new Error(`waited ${withinMs / 1000} s in vain: ${what}`);
    await pause(wait);
  }
}
