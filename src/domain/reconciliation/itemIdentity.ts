import { hashId } from '../hashId';

/** What an item hangs on: the wholesale record, or our own when there is none. A later run finds the same item by it. */
export interface Anchor {
  readonly side: 'wholesale' | 'own' | 'file' | 'line';
  readonly record: string;
  /** 0, or the how-manieth repeat of the same record it is. */
  readonly repeat: number;
}

export const itemId = (host: string, { side, record, repeat }: Anchor): string => hashId(host, side, record, repeat);
