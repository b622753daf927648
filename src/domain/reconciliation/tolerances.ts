import type { UsageService } from './records';

/** How far two records of one event may differ. All bounds are inclusive. */
export interface ServiceTolerance {
  readonly startMs: number;
  /** Seconds, messages or octets. */
  readonly quantity: number;
  /** Per cent of our own quantity; the larger of this and `quantity` counts. */
  readonly quantityPercent: number;
  /** In the contract's currency, per wholesale record. */
  readonly price: number;
}

export type Tolerances = Readonly<Record<UsageService, ServiceTolerance>>;

export const DEFAULT_TOLERANCES: Tolerances = {
  voice: { startMs: 5000, quantity: 2, quantityPercent: 0, price: 0.0005 },
  sms: { startMs: 5000, quantity: 0, quantityPercent: 0, price: 0.0005 },
  // 100 KB: gateways count headers and rounding differently, one per cent of a tiny session would be nothing but noise.
  data: { startMs: 5000, quantity: 102400, quantityPercent: 1, price: 0.0005 },
};

/** The defaults with what a host agreed otherwise, service by service. */
export function tolerancesWith(changes: Partial<Record<UsageService, Partial<ServiceTolerance>>> = {}): Tolerances {
  return {
    voice: { ...DEFAULT_TOLERANCES.voice, ...changes.voice },
    sms: { ...DEFAULT_TOLERANCES.sms, ...changes.sms },
    data: { ...DEFAULT_TOLERANCES.data, ...changes.data },
  };
}

// Sizes are whole numbers far below 2^53; the margin only swallows the last bit of a percentage such as 0.1.
const BIT = 1e-9;

export function allowedDifference(ownQuantity: number, tolerance: ServiceTolerance): number {
  return Math.max(tolerance.quantity, (ownQuantity * tolerance.quantityPercent) / 100);
}

export const quantityFits = (own: number, wholesale: number, tolerance: ServiceTolerance): boolean =>
  Math.abs(wholesale - own) <= allowedDifference(own, tolerance) * (1 + BIT);
