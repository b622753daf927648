// A clearing house for number porting, as a country has one between its operators: for trying and for tests.
//
// Asked for a number (POST /portRequest), it asks the donor, who agrees or refuses, and reports that to the asker as a change of its
// numberPort. Other operators take numbers away through POST /portOut. `node demo/clearingHouse.js` serves on CLEARING_HOUSE_PORT
// (8086) for the product at TRUNKLINE_URL; TRUNKLINE_KEY is sent as its key.
const { randomUUID } = require('node:crypto');
const { createServer } = require('node:http');

/** How long a donor thinks before it answers. */
const THINKING_MS = 50;
const DAY_MS = 86_400_000;

/** Donors refuse when the account that they know the customer by is missing or not one of theirs. */
const refusalOf = ({ account }) => (account === undefined || /^A-\d+$/.test(account) ? undefined : 'accountMismatch');

/**
 * Starts a clearing house. `trunkline` is the address of the vendor API, such as http://127.0.0.1:8080/trunkline/v1.
 * @returns its address, the requests it holds, what it was told of ports out, and how to stop it
 */
exports.startClearingHouse = async ({ trunkline, port = 0, key, refuse = refusalOf, leadDays = 1 }) => {
  const requests = new Map();
  const told = [];
  const timers = new Set();

  const tell = async (method, path, body) => {
    const response = await fetch(`${trunkline}${path}`, {
      method, headers: { 'content-type': 'application/json', ...(key ? { authorization: `Bearer ${key}` } : {}) }, ...(body ? { body: JSON.stringify(body) } : {}),
    });
    const answer = await response.json();
    if (!response.ok) throw new Error(`${method} ${path} was answered ${response.status}: ${answer.message}`);
    return answer;
  };

  const decide = async (request) => {
    const reason = refuse(request);
    if (reason) {
      Object.assign(request, { state: 'rejectedByDonor', reason });
      await tell('PATCH', `/numberPort/${request.id}`, { state: 'rejectedByDonor', reason, externalId: request.externalId });
      return;
    }
    const { now } = await tell('GET', '/businessClock');
    const earliest = new Date(now).getTime() + leadDays * DAY_MS;
    const startDateTime = new Date(Math.max(earliest, request.requestedDate ? Date.parse(request.requestedDate) : 0)).toISOString();
    Object.assign(request, { state: 'scheduled', window: { startDateTime } });
    await tell('PATCH', `/numberPort/${request.id}`, { state: 'scheduled', window: { startDateTime }, externalId: request.externalId });
  };

  const later = (work) => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      work().catch((error) => console.error(error.message));
    }, THINKING_MS);
    timers.add(timer);
  };

  const answers = {
    // The same request again, mended or repeated, is the same port.
    'POST /portRequest': (body) => {
      const request = { ...body, externalId: requests.get(body.id)?.externalId ?? `CH-${randomUUID().slice(0, 8)}` };
      requests.set(body.id, request);
      later(() => decide(request));
      return request;
    },
    'GET /portRequest': () => [...requests.values()],
    'PATCH /portRequest': (body, id) => {
      told.push({ id, ...body });
      return { id, ...body };
    },
    'POST /portOut': (body) => tell('POST', '/numberPort', { externalId: `CH-${randomUUID().slice(0, 8)}`, ...body, direction: 'out' }),
  };

  const server = createServer((request, response) => {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', async () => {
      const [, path = '', id] = request.url.split('/');
      try {
        const answer = answers[`${request.method} /${path}`];
        if (!answer) throw new Error(`there is no ${request.method} /${path}`);
        const body = await answer(JSON.parse(Buffer.concat(chunks).toString() || '{}'), id && decodeURIComponent(id));
        response.writeHead(request.method === 'POST' ? 201 : 200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      } catch (error) {
        response.writeHead(400, { 'content-type': 'application/json' }).end(JSON.stringify({ message: error.message }));
      }
    });
  });
  await new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${server.address().port}`, requests, told,
    stop: () => new Promise((resolve) => {
      for (const timer of timers) clearTimeout(timer);
      server.close(() => resolve());
      server.closeAllConnections();
    }),
  };
};

if (require.main === module) {
  const { TRUNKLINE_URL = 'http://127.0.0.1:8080/trunkline/v1', TRUNKLINE_KEY: key, CLEARING_HOUSE_PORT = '8086' } = process.env;
  exports.startClearingHouse({ trunkline: TRUNKLINE_URL, port: Number(CLEARING_HOUSE_PORT), key })
    .then(({ url }) => console.error(`clearing house at ${url}`), (error) => { console.error(error.message); process.exitCode = 1; });
}
