import type { IncomingMessage } from 'node:http';
import { fault } from '../domain/fault';

/** Bounds on what is read from a client; they live here and not in the documents, which must not narrow the standard. */
export const LIMITS = {
  bodyBytes: 1_048_576, depth: 32, urlBytes: 8_192, nameLength: 256,
  /** For a whole body that is parsed. */
  bodyMs: 30_000,
  /** For the next part of a file; a file as a whole takes as long as it takes. */
  fileIdleMs: 120_000,
} as const;

/** REQ-02: a file was announced and nothing came. */
export const emptyFile = () => fault('REQ-02', 'The body is empty. Send the file as it is.');

/** What reading a body ends with when its client has gone away in the middle of it. */
const GONE = new Set(['ECONNRESET', 'ERR_STREAM_PREMATURE_CLOSE']);

/** The failure of a request; REQ-01 where that is its client's, whose body broke off. */
export const failureOf = ({ complete }: IncomingMessage, error: unknown): unknown =>
  (!complete && GONE.has((error as { readonly code?: string }).code ?? '') ? fault('REQ-01', 'The body ended early, and nothing of it was kept. Send all of it.') : error);

const FORBIDDEN = new Set(['__proto__', 'constructor', 'prototype']);

/** The whole body as text. @throws Fault REQ-12 beyond the limit */
export function readText(request: IncomingMessage, limit: number = LIMITS.bodyBytes): Promise<string> {
  return new Promise((resolve, reject) => {
    const declared = Number(request.headers['content-length'] ?? 0);
    if (declared > limit) {
      request.resume();
      reject(tooLarge(limit));
      return;
    }
    const chunks: Buffer[] = [];
    let size = 0;
    const slow = setTimeout(() => reject(fault('REQ-01', `The body was not here within ${LIMITS.bodyMs / 1000} s. Send it faster, or in parts.`, { Connection: 'close' })), LIMITS.bodyMs);
    request.once('close', () => clearTimeout(slow));
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > limit) {
        request.removeAllListeners('data');
        request.resume();
        reject(tooLarge(limit));
      } else chunks.push(chunk);
    });
    request.once('end', () => resolve(chunks.length === 1 ? chunks[0]!.toString('utf8') : Buffer.concat(chunks).toString('utf8')));
    request.once('error', reject);
  });
}

const tooLarge = (limit: number) => fault('REQ-12', `The body is larger than ${limit} bytes. Send it in parts, or use an import.`, { Connection: 'close' });

/**
 * JSON text as a value that is safe to keep: at most 32 levels, no number that a JSON number cannot carry exactly,
 * no attribute name that could be taken for a path, an operator or a prototype.
 * @param options.anyNames allows names that could be a path or an operator, for text that is kept as text
 * @throws Fault REQ-01, REQ-03, REQ-04, REQ-05
 */
export function parseJson(text: string, { anyNames = false }: { readonly anyNames?: boolean | undefined } = {}): unknown {
  checkText(text);
  let value: unknown;
  try {
    value = JSON.parse(text) as unknown;
  } catch (error) {
    throw fault('REQ-01', `The body is not JSON: ${(error as Error).message.slice(0, 120)}. Send an object such as {"name": "..."}.`);
  }
  checkNames(value, anyNames);
  return value;
}

/** Depth and digits are looked at before parsing: a text of 100,000 brackets parses, but can then be neither kept nor written. */
function checkText(text: string): void {
  let depth = 0;
  let digits = 0;
  let leading = true;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 34) {
      at = endOfText(text, at);
      digits = 0;
    } else if (code >= 48 && code <= 57) {
      if (code !== 48 || !leading) { digits += 1; leading = false; }
      if (digits > 15) checkNumber(text, at);
    } else if (code === 123 || code === 91) {
      depth += 1;
      if (depth > LIMITS.depth) throw fault('REQ-05', `The body is nested deeper than ${LIMITS.depth} levels. Send a flatter one.`);
    } else if (code === 125 || code === 93) depth -= 1;
    if ((code < 48 || code > 57) && code !== 46) { digits = 0; leading = true; }
  }
}

function endOfText(text: string, from: number): number {
  let at = from + 1;
  while (at < text.length && text.charCodeAt(at) !== 34) at += text.charCodeAt(at) === 92 ? 2 : 1;
  return at;
}

/** More than 15 digits are refused unless they only pad with zeros or stay an exact integer. */
function checkNumber(text: string, at: number): void {
  const from = /[-+0-9.eE]*$/.exec(text.slice(Math.max(0, at - 400), at))?.[0].length ?? 0;
  const token = /^[-+0-9.eE]+/.exec(text.slice(at - from))?.[0] ?? '';
  const significant = token.replace(/[eE].*$/, '').replace(/[-+.]/g, '').replace(/^0+/, '').replace(/0+$/, '');
  if (significant.length <= 15 || (/^-?\d+$/.test(token) && Number.isSafeInteger(Number(token)))) return;
  throw fault('REQ-04', `${token.slice(0, 40)} has more digits than a JSON number carries exactly. Send at most 15 significant digits.`);
}

/** Holds the names, numbers and depth of a value to what may be kept. @throws Fault REQ-03, REQ-04, REQ-05 */
export function checkNames(value: unknown, anyNames = false): void {
  const found = firstWrong(value, 1, anyNames);
  if (!found) return;
  const place = found.trail.reverse().join('.').replace(/\.(?=\[)/g, '');
  if (found.wrong === 'number') throw fault('REQ-04', `The number at ${place || 'the root'} is too large.`);
  if (found.wrong === 'depth') throw fault('REQ-05', `The result is nested deeper than ${LIMITS.depth} levels. Make a flatter one.`);
  throw fault('REQ-03', `The attribute name '${found.name.slice(0, 60)}' ${place ? `in ${place} ` : ''}is not allowed. Use a name without dots that does not begin with $ or _.`);
}

interface Wrong {
  readonly wrong: 'name' | 'number' | 'depth';
  readonly name: string;
  /** Names on the way to it, the innermost first. */
  readonly trail: string[];
}

function firstWrong(value: unknown, level: number, anyNames: boolean): Wrong | undefined {
  if (typeof value === 'number' && !Number.isFinite(value)) return { wrong: 'number', name: '', trail: [] };
  if (typeof value !== 'object' || value === null) return undefined;
  if (level > LIMITS.depth) return { wrong: 'depth', name: '', trail: [] };
  const list = Array.isArray(value);
  for (const name in value) {
    if (!list && isForbidden(name, level === 1, anyNames)) return { wrong: 'name', name, trail: [] };
    const found = firstWrong((value as Record<string, unknown>)[name], level + 1, anyNames);
    if (found) {
      found.trail.push(list ? `[${name}]` : name);
      return found;
    }
  }
  return undefined;
}

const isForbidden = (name: string, root: boolean, anyNames: boolean): boolean =>
  name.length > LIMITS.nameLength || FORBIDDEN.has(name) || name.includes('\0') || (root && name.startsWith('_')) || (!anyNames && (name.startsWith('$') || name.includes('.')));
