/** Ways one start position may be tried besides the single unbounded repetition; times 100,000 characters it stays below PCRE's match limit. */
const MOST_WAYS = 100;

/** Classes spelt out, because PCRE and RE2 disagree on which blanks are in \s and on what ends a line. */
const CLASSES: Readonly<Record<string, string>> = {
  d: '[0-9]', D: '[^0-9]', w: '[0-9A-Za-z_]', W: '[^0-9A-Za-z_]', s: '[\\t\\n\\f\\r ]', S: '[^\\t\\n\\f\\r ]',
};

interface Reader {
  readonly source: string;
  at: number;
  ways: number;
  unbounded: number;
}

/**
 * The pattern in a form that PCRE and RE2 read alike and that PCRE cannot backtrack in beyond its limits, or undefined when that
 * is not certain. Taken: literals, `.`, classes, `^`, `$`, groups and alternatives without repetition, and repetition of single
 * characters, at most one of it without upper bound. PCRE counts an exceeded limit as "no match", hence the caution.
 */
export function portable(source: string): string | undefined {
  const reader: Reader = { source, at: 0, ways: 1, unbounded: 0 };
  const out = alternatives(reader);
  return out === undefined || reader.at < source.length || reader.ways > MOST_WAYS || reader.unbounded > 1 ? undefined : out;
}

function alternatives(reader: Reader): string | undefined {
  const arms: string[] = [];
  do {
    if (arms.length > 0) reader.at += 1;
    const arm = sequence(reader);
    if (arm === undefined) return undefined;
    arms.push(arm);
  } while (reader.source[reader.at] === '|');
  reader.ways *= arms.length;
  return arms.join('|');
}

function sequence(reader: Reader): string | undefined {
  let out = '';
  while (reader.at < reader.source.length && reader.source[reader.at] !== '|' && reader.source[reader.at] !== ')') {
    const item = reader.source[reader.at] === '(' ? group(reader) : single(reader);
    if (item === undefined) return undefined;
    out += item;
  }
  return out;
}

function group(reader: Reader): string | undefined {
  reader.at += reader.source.startsWith('(?:', reader.at) ? 3 : 1;
  if (reader.source[reader.at] === '?') return undefined;
  const inner = alternatives(reader);
  if (inner === undefined || reader.source[reader.at] !== ')') return undefined;
  reader.at += 1;
  return /[*+?{]/.test(reader.source[reader.at] ?? '') ? undefined : `(?:${inner})`;
}

function single(reader: Reader): string | undefined {
  const rest = reader.source.slice(reader.at);
  const anchor = rest[0] === '^' ? '^' : rest[0] === '$' ? '\\z' : undefined;
  const atom = anchor === undefined ? atomAt(rest) : { length: 1, out: anchor };
  if (!atom) return undefined;
  reader.at += atom.length;
  const repetition = /^(?:[*+?]|\{\d{1,3}(?:,\d{0,3})?\})\??/.exec(reader.source.slice(reader.at))?.[0];
  if (repetition === undefined) return atom.out;
  if (anchor !== undefined || !countRepetition(reader, repetition)) return undefined;
  reader.at += repetition.length;
  return /[*+?{]/.test(reader.source[reader.at] ?? '') ? undefined : atom.out + repetition;
}

function countRepetition(reader: Reader, repetition: string): boolean {
  const [, from, comma, to] = /^\{(\d+)(,?)(\d*)\}/.exec(repetition) ?? [];
  if (from === undefined) {
    if (repetition.startsWith('?')) reader.ways *= 2;
    else reader.unbounded += 1;
    return true;
  }
  if (comma === '') return true;
  if (to === '' || to === undefined) reader.unbounded += 1;
  else reader.ways *= Number(to) - Number(from) + 1;
  return to === '' || Number(to) >= Number(from);
}

/** One character or class at the front of the text, as both engines read it. */
function atomAt(rest: string): { length: number; out: string } | undefined {
  const first = rest[0] ?? '';
  if (first === '.') return { length: 1, out: '[^\\n]' };
  if (first === '[') {
    const plain = /^\[\^?[\w .,:;@%&=<>!~'"/-]+\]/.exec(rest)?.[0];
    return plain === undefined || /\[:|[\w]-[^\w\]]|[^\w[^]-\w/.test(plain) ? undefined : { length: plain.length, out: plain };
  }
  if (first === '\\') {
    const next = rest[1] ?? '';
    const named = CLASSES[next];
    if (named !== undefined) return { length: 2, out: named };
    return /[^\w\s]/.test(next) && next.charCodeAt(0) < 128 ? { length: 2, out: `\\${next}` } : undefined;
  }
  const code = rest.codePointAt(0) ?? 0;
  if ('*+?{}]'.includes(first) || code === 0 || (code >= 0xd800 && code <= 0xdfff)) return undefined;
  const text = String.fromCodePoint(code);
  return { length: text.length, out: text };
}
