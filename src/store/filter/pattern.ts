import { RE2JS } from 're2js';
import { fault } from '../../domain/fault';
import { shorten } from './attribute';
import { portable } from './portable';

const MOST_CHARACTERS = 256;

/** The text as a pattern that stands for itself, in PCRE and in RE2 alike. */
export const literal = (text: string): string =>
  text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&').replace(/\0/g, '\\x00');

export type PatternKind = 'regex' | 'startswith' | 'endswith' | 'contains' | 'equal';

/**
 * The test of a text against a pattern. Literal forms and patterns that provably cannot backtrack far run in the database, as `$regex`.
 * Any other becomes `$re2`, which the database never sees: such a query is decided in this process, in linear time (see split).
 * @throws Fault QRY-06 when the pattern is too long or needs look-around or back references
 */
export function patternTest(kind: PatternKind, text: string, blind: boolean): Readonly<Record<string, string>> {
  const options: Readonly<Record<string, string>> = blind ? { $options: 'i' } : {};
  if (kind !== 'regex') return { $regex: literalForm(kind, text), ...options };
  const source = trimmed(text);
  assertPattern(text);
  const safe = portable(source);
  return safe === undefined ? { $re2: text, ...options } : { $regex: safe, ...options };
}

function literalForm(kind: Exclude<PatternKind, 'regex'>, text: string): string {
  const inner = literal(text);
  if (kind === 'contains') return inner;
  return kind === 'startswith' ? `^${inner}` : kind === 'endswith' ? `${inner}\\z` : `^${inner}\\z`;
}

/** A search is not changed by `.*` at its unanchored ends. */
const trimmed = (pattern: string): string => (/[|()\\]/.test(pattern) ? pattern : pattern.replace(/^(?:\.\*\??)+/, '').replace(/(?:\.\*\??)+$/, ''));

function assertPattern(text: string): void {
  if (text.length > MOST_CHARACTERS) throw fault('QRY-06', `The pattern has ${text.length} characters; at most ${MOST_CHARACTERS} are taken.`);
  try {
    RE2JS.compile(text);
  } catch (error) {
    throw fault('QRY-06', `'${shorten(text)}' is not a pattern in RE2 syntax (no look-around, no back references): ${(error as Error).message}. For literal text use .contains or .startswith.`);
  }
}
