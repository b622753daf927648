import type { Pair } from './pairing';
import type { OwnRecord, UsageService, WholesaleRecord } from './records';
import { quantityFits, type Tolerances } from './tolerances';

/** What is wrong with a whole file: every start moved by a constant, or every quantity multiplied by one. */
export interface SystematicFault {
  readonly file: string;
  readonly kind: 'timeShift' | 'factor';
  /** Milliseconds to add to the file's starts, or the number to multiply its quantities by, to make it fit. */
  readonly correction: number;
  /** A factor that only this service's quantities need: the host states others in another unit. */
  readonly service?: UsageService;
  /** Differences of the file that vanish under the correction, and all its differences. */
  readonly explained: number;
  readonly unmatched: number;
}

const HOUR = 3_600_000;
const SHIFTS = [HOUR, -HOUR, 2 * HOUR, -2 * HOUR];
const FACTORS = [1024 / 1000, 1000 / 1024, 60, 1 / 60, 1000, 1 / 1000];
const SHARE = 0.2;
// One lost record may fit some correction by chance; five do not.
const LEAST = 5;

/** Pairs lonely records as the run does; the run passes its own pairing. */
export type PairUp = (own: readonly OwnRecord[], wholesale: readonly WholesaleRecord[]) => readonly Pair[];

interface Suspect { readonly alone: WholesaleRecord[]; readonly offQuantity: Pair[] }

function byFile(alone: readonly WholesaleRecord[], offQuantity: readonly Pair[]): Map<string, Suspect> {
  const files = new Map<string, Suspect>();
  const of = (file: string | undefined): Suspect => {
    const name = file ?? '';
    let suspect = files.get(name);
    if (!suspect) files.set(name, suspect = { alone: [], offQuantity: [] });
    return suspect;
  };
  for (const record of alone) of(record.file).alone.push(record);
  for (const pair of offQuantity) of(pair.wholesale.file).offQuantity.push(pair);
  return files;
}

const scaled = (record: WholesaleRecord, factor: number): number => Math.round(record.quantity * factor);

/** The correction that explains most differences of one file, when it explains more than a fifth of them. */
function faultOf(file: string, { alone, offQuantity }: Suspect, ownAlone: readonly OwnRecord[], tolerances: Tolerances, pairUp: PairUp): SystematicFault | undefined {
  const unmatched = alone.length + offQuantity.length;
  if (unmatched < LEAST) return undefined;
  const fits = (own: OwnRecord, wholesale: WholesaleRecord) => quantityFits(own.quantity, wholesale.quantity, tolerances[own.service]);
  let best: SystematicFault | undefined;
  const consider = (kind: SystematicFault['kind'], correction: number, explained: number, services: ReadonlySet<UsageService> = new Set()) => {
    if (explained < LEAST || explained <= SHARE * unmatched || explained <= (best?.explained ?? 0)) return;
    const [service] = services;
    best = { file, kind, correction, explained, unmatched, ...(service !== undefined && services.size === 1 ? { service } : {}) };
  };
  for (const shift of SHIFTS) {
    const pairs = pairUp(ownAlone, alone.map((record) => ({ ...record, start: record.start + shift })));
    consider('timeShift', shift, pairs.filter(({ own, wholesale }) => fits(own, wholesale)).length);
  }
  for (const factor of FACTORS) {
    const mended = offQuantity.filter(({ own, wholesale }) => own.service !== 'sms'
      && quantityFits(own.quantity, scaled(wholesale, factor), tolerances[own.service]));
    consider('factor', factor, mended.length, new Set(mended.map(({ own }) => own.service)));
  }
  return best;
}

/**
 * Faults of whole files: reported once instead of hundreds of single differences.
 * @param alone wholesale records without partner  @param offQuantity pairs whose quantities differ beyond tolerance
 */
export function systematicFaults(alone: readonly WholesaleRecord[], offQuantity: readonly Pair[], ownAlone: readonly OwnRecord[],
  tolerances: Tolerances, pairUp: PairUp): SystematicFault[] {
  return [...byFile(alone, offQuantity)].sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([file, suspect]) => faultOf(file, suspect, ownAlone, tolerances, pairUp) ?? []);
}
