import { randomInt } from 'node:crypto';
import { connect, createServer } from 'node:net';

/** True when nobody listens on that port of 127.0.0.1 and we may. */
function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** True when somebody takes connections on that port of 127.0.0.1. Asking never gets in the way of one about to listen. */
export function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    const answer = (taken: boolean) => {
      socket.destroy();
      resolve(taken);
    };
    socket.setTimeout(1_000, () => answer(false));
    socket.once('error', () => answer(false));
    socket.once('connect', () => answer(true));
  });
}

/**
 * A free port of 127.0.0.1 between 20000 and 31999: below the range systems hand out to outgoing connections (from 32768 on
 * Linux), so that a restart on the same port is not spoilt by somebody's connection. The preferred one is taken if it is free.
 */
export async function freePort(preferred?: number): Promise<number> {
  if (preferred !== undefined && (await isFree(preferred))) return preferred;
  for (let tries = 0; tries < 200; tries += 1) {
    const port = randomInt(20_000, 32_000);
    if (await isFree(port)) return port;
  }
  throw new Error('No free port between 20000 and 31999 on 127.0.0.1.');
}
