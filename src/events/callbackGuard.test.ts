import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { openSender } from '../workers/notification/sender';
import { checkCallback, guardedLookup, isAllowedAddress, type Resolve } from './callbackGuard';

const HOSTILE = [
  // loopback, in every spelling
  'https://127.0.0.1/', 'https://127.1/', 'https://127.0.1/', 'https://127.255.255.254/', 'https://2130706433/', 'https://0x7f000001/', 'https://0x7f.0.0.1/',
  'https://0177.0.0.1/', 'https://017700000001/', 'https://0/', 'https://0.0.0.0/', 'https://①②⑦.⓪.⓪.①/', 'https://127。0。0。1/', 'https://127.0.0.1./', 'https://%31%32%37.0.0.1/',
  'https://localhost/', 'https://localhost./', 'https://LOCALHOST/', 'https://ⓛocalhost/', 'https://foo.localhost/', 'https://localhost.localdomain/',
  'https://[::1]/', 'https://[0:0:0:0:0:0:0:1]/', 'https://[::]/', 'https://[::127.0.0.1]/',
  // IPv4 inside IPv6
  'https://[::ffff:127.0.0.1]/', 'https://[::ffff:7f00:1]/', 'https://[0:0:0:0:0:ffff:7f00:0001]/', 'https://[::ffff:10.0.0.1]/', 'https://[::ffff:169.254.169.254]/',
  'https://[::ffff:0:127.0.0.1]/', 'https://[64:ff9b::127.0.0.1]/', 'https://[64:ff9b::a9fe:a9fe]/', 'https://[64:ff9b:1::1]/', 'https://[2002:7f00:1::]/', 'https://[2002:a9fe:a9fe::1]/',
  'https://[2002:c0a8:101::1]/', 'https://[2001:0:7f00:1::]/', 'https://[fe80::5efe:127.0.0.1]/', 'https://[2600::5efe:10.0.0.1]/',
  // private, shared, link-local, and where clouds answer
  'https://10.0.0.1/', 'https://10.255.255.255/', 'https://172.16.0.1/', 'https://172.31.255.255/', 'https://192.168.1.1/', 'https://0xc0a80101/', 'https://100.64.0.1/', 'https://100.100.100.200/',
  'https://169.254.169.254/latest/meta-data/', 'https://2852039166/', 'https://0xa9fea9fe/', 'https://168.63.129.16/', 'https://192.0.0.192/', 'https://198.18.0.1/',
  'https://[fc00::1]/', 'https://[fd00:ec2::254]/', 'https://[fe80::1]/', 'https://[fec0::1]/', 'https://metadata.google.internal/', 'https://metadata/', 'https://instance-data.local/', 'https://router.lan/',
  // for documentation, multicast, reserved
  'https://192.0.2.1/', 'https://198.51.100.7/', 'https://203.0.113.9/', 'https://224.0.0.1/', 'https://239.255.255.250/', 'https://255.255.255.255/', 'https://240.0.0.1/', 'https://[ff02::1]/',
  'https://[2001:db8::1]/', 'https://[100::1]/',
  // other ways out
  'http://listener.example.com/', 'ftp://listener.example.com/', 'file:///etc/passwd', 'gopher://127.0.0.1:25/', 'javascript:alert(1)', 'https://user:password@listener.example.com/',
  'https://listener.example.com@127.0.0.1/', 'https://listener.example.com:22/', 'https://listener.example.com:25/', 'https://listener.example.com:0/', 'https://listener.example.com/#fragment',
  '//listener.example.com/', 'listener.example.com', '', 'https://', 'https:///', 'unix:/var/run/docker.sock', 'https://intranet/',
];

const GOOD = ['https://listener.example.com/events', 'https://listener.example.com:8443/a?b=c', 'https://8.8.8.8/', 'https://[2606:4700:4700::1111]/', 'https://[::ffff:8.8.8.8]/',
  'https://xn--mnchen-3ya.example/hook', 'https://172.15.0.1/', 'https://172.32.0.1/', 'https://100.128.0.1/'];

it('knows more than 60 ways in that must be shut', () => expect(new Set(HOSTILE).size).toBeGreaterThan(60));

it.each(HOSTILE)('refuses %s', (callback) => {
  expect(() => checkCallback(callback, false)).toThrow(expect.objectContaining({ code: 'HUB-01', status: 400 }));
});

it.each(GOOD)('takes %s', (callback) => expect(() => checkCallback(callback, false)).not.toThrow());

it('opens loopback and private networks, and http, by the flag; but never metadata, link-local and reserved addresses', () => {
  for (const callback of ['http://localhost:9000/', 'http://127.0.0.1:9000/', 'http://10.1.2.3/', 'http://[::1]:9000/', 'http://[::ffff:192.168.1.1]:9000/', 'http://listener/']) checkCallback(callback, true);
  for (const callback of ['http://169.254.169.254/', 'http://[fd00:ec2::254]/', 'http://100.100.100.200/', 'http://[fe80::1]/', 'http://0.0.0.0/', 'http://224.0.0.1/', 'http://127.0.0.1:22/']) {
    expect(() => checkCallback(callback, true)).toThrow();
  }
});

it('takes nothing for an address that is none', () => {
  for (const text of ['', 'localhost', '127.0.0.1:80', '1.2.3', 'gg::1']) expect(isAllowedAddress(text, true)).toBe(false);
});

describe('at the connection', () => {
  const secrets = { secrets: ['whsec_c2VjcmV0'] };
  const options = { allowPrivateCallbacks: false, timeoutMs: 30_000, concurrency: 2 };
  const answers = (...lists: string[][]): Resolve & { asked: () => number } => {
    let asked = 0;
    return Object.assign(((_host, callback) => {
      const addresses = lists[Math.min(asked, lists.length - 1)]!;
      asked += 1;
      callback(null, addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })));
    }) as Resolve, { asked: () => asked });
  };
  const serve = async (status: number, headers: Record<string, string> = {}, body = '') => {
    const hits: string[] = [];
    const server = createServer((request, response) => {
      hits.push(request.url ?? '');
      response.writeHead(status, headers).end(body);
    });
    await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
    return { hits, port: (server.address() as AddressInfo).port, close: () => { server.close(); server.closeAllConnections(); } };
  };

  it('refuses a name of which any address leads inside', async () => {
    const lookup = guardedLookup(false, answers(['93.184.216.34', '10.0.0.1']));
    await new Promise<void>((resolve) => {
      lookup('listener.example.com', { all: true }, (error) => {
        expect(error).toMatchObject({ code: 'EBLOCKED' });
        resolve();
      });
    });
  });

  it('asks once per connection and connects to what it has checked: a name that turns to loopback afterwards gains nothing', async () => {
    const inside = await serve(200);
    const rebinding = answers(['203.0.114.1'], ['127.0.0.1']);
    // The first answer is public and unreachable from here; every later one leads to our own server and must be refused.
    const sender = openSender(`https://listener.example.com:${inside.port}/`, secrets, { ...options, timeoutMs: 500, resolve: rebinding });
    for (let attempt = 0; attempt < 3; attempt += 1) expect(await sender.post(`e-${attempt}`, '{}', 'c')).toMatchObject({ taken: false });
    expect(rebinding.asked()).toBeGreaterThan(1);
    expect(inside.hits).toEqual([]);
    sender.close();
    inside.close();
  });

  it('checks an address in the callback itself, without a name to resolve', async () => {
    const inside = await serve(200);
    const sender = openSender(`http://127.0.0.1:${inside.port}/`, secrets, options);
    expect(await sender.post('e-1', '{}', 'c')).toMatchObject({ taken: false, error: expect.stringContaining('https') });
    expect(inside.hits).toEqual([]);
    sender.close();
    inside.close();
  });

  it('follows no redirect', async () => {
    const inside = await serve(200);
    for (const status of [301, 302, 303, 307, 308]) {
      const outside = await serve(status, { location: `http://127.0.0.1:${inside.port}/secret` });
      const sender = openSender(`http://127.0.0.1:${outside.port}/`, secrets, { ...options, allowPrivateCallbacks: true });
      expect(await sender.post('e-1', '{}', 'c')).toMatchObject({ taken: false, status });
      sender.close();
      outside.close();
    }
    expect(inside.hits).toEqual([]);
    inside.close();
  });

  it('does not wait for answers without end, nor read large ones', async () => {
    const server = createServer((_request, response) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write(Buffer.alloc(1_000_000)), 1);
      response.on('close', () => clearInterval(timer));
    });
    await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
    const sender = openSender(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, secrets, { ...options, allowPrivateCallbacks: true });
    const before = process.memoryUsage().rss;
    for (let n = 0; n < 5; n += 1) expect(await sender.post(`e-${n}`, '{}', 'c')).toMatchObject({ taken: true });
    expect(process.memoryUsage().rss - before).toBeLessThan(200_000_000);
    sender.close();
    server.close();
    server.closeAllConnections();
  });

  it('gives up a listener that never answers when the time is over', async () => {
    const server = createServer(() => undefined);
    await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
    const sender = openSender(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, secrets, { ...options, timeoutMs: 500, allowPrivateCallbacks: true });
    expect(await sender.post('e-1', '{}', 'c')).toMatchObject({ taken: false, error: 'no answer within 500 ms' });
    sender.close();
    server.close();
    server.closeAllConnections();
  });
});
