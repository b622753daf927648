import { fault, type Fault } from '../../domain/fault';
import { shorten } from '../../store/filter/attribute';
import type { Value } from '../../store/filter/value';
import { isPlain, patternReadings, readings, slice, spaced, type Scanned } from './scan';

/** A place in the text of a filter=. */
export interface Reader {
  readonly scanned: Scanned;
  at: number;
  depth: number;
}

export type Literal = { readonly value: Value; readonly blind: boolean } | 'null';

export const malformed = ({ scanned: { text }, at }: Reader, right: string): Fault =>
  fault('QRY-05', `filter is malformed at character ${at + 1}${at < text.length ? `, '${shorten(text.slice(at, at + 20))}'` : ', its end'}: ${right}`);

export const beyond = (what: string): Fault =>
  fault('REQ-21', `${what} in filter is not offered. Offered are paths with [n], [*] and [?(...)], == != < <= > >= =~, ! && ||, parentheses and length().`);

const OTHER_WORDS = /^(?:in|nin|subsetof|anyof|noneof|size|empty|contains|and|or|not)\b/i;

/** Something stands where nothing, or an operator, was expected. */
export function unexpected(reader: Reader): Fault {
  const rest = reader.scanned.text.slice(reader.at);
  if (/^[+*/%-]/.test(rest)) return beyond(`Calculation ('${rest[0]}')`);
  const word = OTHER_WORDS.exec(rest)?.[0];
  return word ? beyond(`'${word}'`) : malformed(reader, 'expected && or || or the end.');
}

export function blanks(reader: Reader): void {
  const { text } = reader.scanned;
  while (' \t\r\n'.includes(text[reader.at] ?? 'x') || (text[reader.at] === '+' && isPlain(reader.scanned, reader.at))) reader.at += 1;
}

export function taken(reader: Reader, token: string): boolean {
  blanks(reader);
  if (!reader.scanned.text.startsWith(token, reader.at)) return false;
  reader.at += token.length;
  return true;
}

export function expect(reader: Reader, token: string): void {
  if (taken(reader, token)) return;
  const found = reader.scanned.text[reader.at] ?? '';
  if (found === ',') throw beyond('A union ([a,b])');
  if (found === ':') throw beyond('A slice ([a:b])');
  if (/^(?:[+*/%-]|[A-Za-z])/.test(found)) throw unexpected(reader);
  throw malformed(reader, `expected ${token}.`);
}

export function match(reader: Reader, expression: RegExp): string | undefined {
  expression.lastIndex = reader.at;
  const found = expression.exec(reader.scanned.text)?.[0];
  reader.at += found?.length ?? 0;
  return found === '' ? undefined : found;
}

/** Up to the mark that is not escaped; without both marks. */
function delimited(reader: Reader, mark: string): Scanned {
  const { text } = reader.scanned;
  const from = reader.at + 1;
  for (let at = from; at < text.length; at += text[at] === '\\' ? 2 : 1) {
    if (text[at] === mark) {
      reader.at = at + 1;
      return slice(reader.scanned, from, at);
    }
  }
  throw malformed(reader, `expected a closing ${mark}.`);
}

export function quoted(reader: Reader, mark: string): Value {
  const part = delimited(reader, mark);
  const [main = '', ...also] = [...new Set([spaced(part), ...readings(part)])].map((text) => text.replace(/\\([^])/g, '$1'));
  return { text: main, also, patterns: patternReadings(part).map((text) => text.replace(new RegExp(`\\\\${mark}`, 'g'), mark)) };
}

export function pattern(reader: Reader): Literal {
  const [first = '', ...more] = patternReadings(delimited(reader, '/')).map((text) => text.replace(/\\\//g, '/'));
  const flags = match(reader, /[A-Za-z]+/y) ?? '';
  if (flags !== '' && flags !== 'i') throw beyond(`The pattern flag '${flags}'`);
  return { value: { text: first, also: more, patterns: [first, ...more] }, blind: flags === 'i' };
}
