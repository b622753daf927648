import { Decimal, decimal } from '../amount';
import type { Slice } from './increments';
import { quantityOf, takeIncrements } from './increments';

/** What rating reads of a TMF654 Bucket. `productOfferingPrice` is the allowance price that filled it (our addition), `priority` its order. */
export interface RatableBucket {
  readonly id: string;
  readonly name?: string;
  readonly usageType: string;
  readonly status?: string;
  readonly isShared?: boolean;
  readonly priority?: number;
  readonly remainingValue?: { readonly amount: number; readonly units: string };
  readonly reservedValue?: { readonly amount: number; readonly units: string };
  readonly validFor?: { readonly startDateTime?: string; readonly endDateTime?: string };
  readonly productOfferingPrice?: { readonly id: string; readonly version?: string };
}

const time = (text: string | undefined, otherwise: number): number => (text === undefined ? otherwise : Date.parse(text));
const startOf = ({ validFor }: RatableBucket): number => time(validFor?.startDateTime, -Infinity);
const endOf = ({ validFor }: RatableBucket): number => time(validFor?.endDateTime, Infinity);

/** Whether the bucket pays for usage of that date: inside its validity, end exclusive (R7), and no longer than the grace after its end (R11). */
export const isOpen = (bucket: RatableBucket, usageAt: number, now: number, graceMs: number): boolean =>
  startOf(bucket) <= usageAt && usageAt < endOf(bucket) && now <= endOf(bucket) + graceMs;

/** Order of drawing: priority ascending, then the earlier end, then the older one, then the id so that it is always the same (R7). */
export function drawOrder<B extends RatableBucket>(buckets: readonly B[], priorityOf: (bucket: B) => number): B[] {
  if (buckets.length < 2) return [...buckets];
  const before = (a: number, b: number) => (a === b ? 0 : a < b ? -1 : 1);
  return [...buckets].sort((a, b) => priorityOf(a) - priorityOf(b) || before(endOf(a), endOf(b)) || before(startOf(a), startOf(b)) || (a.id < b.id ? -1 : 1));
}

/** What may be drawn: remaining less reserved (R7). */
export const available = ({ remainingValue, reservedValue }: RatableBucket): Decimal =>
  decimal(remainingValue?.amount ?? 0).minus(reservedValue?.amount ?? 0);

/** A unit bucket as a source: so many whole seconds, octets or messages may be drawn. */
export interface Source<B> {
  readonly bucket: B;
  readonly available: number;
}

export interface Drawn<B, Price> {
  readonly bucket: B;
  readonly slices: readonly Slice<Price>[];
  readonly quantity: number;
}

/**
 * Draws slices from sources in their order. Each source pays whole increments; where it cannot cover the next one, that and all
 * later ones go on to the next source (R8): a source once passed is not asked again.
 */
export function draw<B, Price>(slices: readonly Slice<Price>[], sources: readonly Source<B>[]): { readonly drawn: Drawn<B, Price>[]; readonly rest: readonly Slice<Price>[] } {
  const drawn: Drawn<B, Price>[] = [];
  let rest = slices;
  for (const { bucket, available: limit } of sources) {
    const taken: Slice<Price>[] = [];
    let left = limit;
    let index = 0;
    let open: Slice<Price> | undefined;
    for (; index < rest.length; index += 1) {
      const slice = rest[index]!;
      const part = takeIncrements(slice, left);
      if (part.taken) {
        taken.push(part.taken);
        left -= quantityOf(part.taken);
      }
      if (part.rest) {
        open = part.rest;
        break;
      }
    }
    rest = open ? [open, ...rest.slice(index + 1)] : [];
    if (taken.length > 0) drawn.push({ bucket, slices: taken, quantity: limit - left });
    if (rest.length === 0) break;
  }
  return { drawn, rest };
}
