/**
 * 128 bits of a text as 32 hex digits; the same on every machine. Names things, keeps nothing secret: four interleaved
 * multiply-and-xor lanes with a final mixing.
 */
export function fingerprint(text: string): string {
  let a = 1779033703, b = 3144134277, c = 1013904242, d = 2773480762;
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    a = b ^ Math.imul(a ^ unit, 597399067);
    b = c ^ Math.imul(b ^ unit, 2869860233);
    c = d ^ Math.imul(c ^ unit, 951274213);
    d = a ^ Math.imul(d ^ unit, 2716044179);
  }
  a = Math.imul(c ^ (a >>> 18), 597399067);
  b = Math.imul(d ^ (b >>> 22), 2869860233);
  c = Math.imul(a ^ (c >>> 17), 951274213);
  d = Math.imul(b ^ (d >>> 19), 2716044179);
  return [a, b, c, d].map((lane) => (lane >>> 0).toString(16).padStart(8, '0')).join('');
}

/** What an item hangs on: the wholesale record, or our own when there is none. A later run finds the same item by it. */
export interface Anchor {
  readonly side: 'wholesale' | 'own' | 'file' | 'line';
  readonly record: string;
  /** 0, or the how-manieth repeat of the same record it is. */
  readonly repeat: number;
}

export const itemId = (host: string, { side, record, repeat }: Anchor): string => fingerprint(JSON.stringify([host, side, record, repeat]));
