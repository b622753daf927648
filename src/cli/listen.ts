import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Command } from 'commander';
import { verify } from '../events/signature';

const MOST_BYTES = 8_388_608;

/** `trunkline listen --port 9000 --secret whsec_...`: a listener for trying out, that verifies and prints what it gets. */
export function registerListen(program: Command): void {
  program.command('listen')
    .description('receive notifications, verify their signatures and print them')
    .option('--port <port>', 'port to listen on', '9000')
    .option('--host <host>', 'address to listen on', '127.0.0.1')
    .option('--secret <secret>', 'the secret from the answer to POST /hub; without it nothing is verified')
    .option('--status <status>', 'what to answer when the signature is right', '201')
    .action(async ({ port, host, secret, status }: { port: string; host: string; secret?: string; status: string }) => {
      const server = await startListening({ port: Number(port), host, secret, status: Number(status), print: (line) => process.stdout.write(`${line}\n`) });
      process.stderr.write(`Listening on http://${host}:${(server.address() as AddressInfo).port}. The server must run with ALLOW_PRIVATE_CALLBACKS=true to reach it.\n`);
      // It does nothing but print: without a reader it ends.
      process.stdout.once('error', () => process.exit(0));
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(0));
    });
}

export interface Listening {
  readonly port: number;
  readonly host: string;
  readonly secret: string | undefined;
  readonly status: number;
  readonly print: (line: string) => void;
}

export async function startListening(options: Listening): Promise<Server> {
  const server = createServer((request, response) => {
    receive(request, response, options).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, resolve);
  });
  return server;
}

async function receive(request: IncomingMessage, response: ServerResponse, { secret, status, print }: Listening): Promise<void> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MOST_BYTES) return void response.writeHead(413).end();
    chunks.push(chunk);
  }
  const body = Buffer.concat(chunks).toString('utf8');
  const wrong = secret === undefined ? undefined : verify(request.headers, body, secret, Date.now());
  const verdict = secret === undefined ? 'not verified' : wrong ?? 'signature is right';
  print(`${new Date().toISOString()} ${request.method} ${request.url} ${String(request.headers['webhook-id'] ?? '')} ${verdict}`);
  print(pretty(body));
  response.writeHead(wrong === undefined ? status : 401).end();
}

function pretty(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}
