import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { DAY, iso } from './generate/dublin';
import { at, type Client } from './play/http';

/** A clearing house for number porting, as a country has one between its operators. */
export interface ClearingHouse {
  readonly url: string;
  /** What the product told it of ports that go on at its side: called off, or of numbers that leave. */
  readonly told: readonly Told[];
  close(): Promise<void>;
}

export interface Told {
  readonly id: string;
  readonly state?: string;
}

interface Port {
  readonly id: string;
  readonly state: string;
  readonly account?: string;
  readonly requestedDate?: string;
}

const PORTS = at('trunkline', 'numberPort');
/** A number changes over a day after the donor agreed, or later when that is wished. */
const LEAD_MS = DAY;

/** A donor refuses when the account that it should know the customer by is not one of its own. */
const isRefused = ({ account }: Port): boolean => account !== undefined && !/^A-\d+$/.test(account);

async function answerOf(port: Port, server: Client): Promise<object> {
  if (isRefused(port)) return { state: 'rejectedByDonor', reason: 'accountMismatch' };
  const { body } = await server.get(at('trunkline', 'businessClock'));
  const earliest = Date.parse((body as { now: string }).now) + LEAD_MS;
  return { state: 'scheduled', window: { startDateTime: iso(Math.max(earliest, Date.parse(port.requestedDate ?? '') || 0)) } };
}

/** Asks the donor and reports its answer, unless that was done before. The product asks at least once, and may be killed in between. */
async function decide(id: string, server: Client): Promise<void> {
  for (;;) {
    const { body, etag } = await server.get(`${PORTS}/${id}`);
    const port = body as Port;
    if (port.state !== 'requested') return;
    try {
      await server.patch(`${PORTS}/${id}`, { ...await answerOf(port, server), externalId: `CH-${id.slice(0, 8)}` }, etag);
      return;
    } catch (error) {
      // Somebody was faster, a request of ours whose answer was lost among them: look again.
      if ((error as { status?: number }).status !== 412) throw error;
    }
  }
}

/** Starts a clearing house for the product at `server`, whose CLEARING_HOUSE_URL is `http://127.0.0.1:<port>`. */
export async function startClearingHouse(server: Client, port: number): Promise<ClearingHouse> {
  const told: Told[] = [];
  const open = new Set<Promise<void>>();
  const take = (id: string): void => {
    const work = decide(id, server).catch((error: Error) => { process.stderr.write(`${error.message}\n`); }).finally(() => open.delete(work));
    open.add(work);
  };
  const house = createServer((request, response) => {
    text(request).then((content) => {
      const body = JSON.parse(content) as Told;
      if (request.method === 'POST') take(body.id);
      else told.push({ ...body, id: decodeURIComponent(request.url!.split('/').at(-1)!) });
      response.writeHead(request.method === 'POST' ? 201 : 200, { 'content-type': 'application/json' }).end(content);
    }).catch(() => response.writeHead(400).end());
  });
  await new Promise<void>((resolve, reject) => {
    house.once('error', reject);
    house.listen(port, '127.0.0.1', () => resolve());
  });
  // What it was asked before it was killed, and had not answered.
  for (const { id } of await server.list(`${PORTS}?direction=in&state=requested&fields=state`)) take(id);
  return {
    url: `http://127.0.0.1:${port}`, told,
    async close() {
      await Promise.all(open);
      await new Promise<void>((resolve) => {
        house.close(() => resolve());
        house.closeAllConnections();
      });
    },
  };
}
