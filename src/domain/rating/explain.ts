import { counts } from './charge';
import { quantityOf } from './increments';
import { tierKey } from './lines';
import type { Basis } from './rate';
import type { BucketDraw, RatedLine, Step } from './rating';
import type { UsagePrice } from './tariff';
import { SMALLEST_UNIT } from './unit';

const refText = ({ ref: { id, name, version } }: UsagePrice): string => `${name ?? id}${version === undefined ? '' : ` version ${version}`}`;

function priceSteps({ input, slices }: Basis): Step[] {
  const { facts } = input;
  const unit = SMALLEST_UNIT[facts.service];
  const steps: Step[] = [];
  for (const slice of slices) {
    const { price, first, next, count } = slice;
    if (price) steps.push({ step: 'price', text: `${refText(price)} (${price.model.kind}) holds at ${facts.usageDate}.` });
    if (price?.band) steps.push({ step: 'band', text: `${count} increments begin in ${price.band.label} (${price.band.timeZone}).` });
    steps.push({ step: 'increments', text: `${count} increments, first ${first} then ${next}: ${quantityOf(slice)} ${unit}s.` });
    if (price && counts(price.model)) steps.push({ step: 'tiers', text: `${input.counters[tierKey(input, price)] ?? 0} ${unit}s were counted before in period ${input.period}.` });
  }
  return steps;
}

function lineSteps(lines: readonly RatedLine[], draws: readonly BucketDraw[]): Step[] {
  const steps: Step[] = [];
  for (const [index, rated] of lines.entries()) {
    const { taxExcludedRatingAmount: net, taxIncludedRatingAmount: gross, taxRate } = rated;
    if (rated.usageRatingTag !== 'included usage') {
      steps.push({ step: 'rounding', text: `Line ${index + 1}: ${rated.chargedQuantity.amount} ${rated.chargedQuantity.units}s cost ${net.value} ${net.unit}, rounded once.` });
      if (taxRate !== 0) steps.push({ step: 'tax', text: `Line ${index + 1}: ${taxRate} % makes ${gross.value} ${gross.unit}.` });
    }
    const drawn = draws.find(({ line }) => line === index);
    if (drawn) steps.push({ step: drawn.usageType === 'monetary' ? 'settlement' : 'bucket', text: `Line ${index + 1} is paid from bucket ${drawn.bucketId} with ${drawn.amount.amount} ${drawn.amount.units}${drawn.usageType === 'monetary' ? '' : 's'}.` });
  }
  return steps;
}

/** How the lines came about, as plain sentences in the order of the work. */
export function explain(basis: Basis, { lines, draws }: { readonly lines: readonly RatedLine[]; readonly draws: readonly BucketDraw[] }): Step[] {
  const { facts, product } = basis.input;
  const zone = lines[0]?.zone;
  const roaming = lines[0]?.roamingZone;
  return [
    { step: 'identity', text: `${facts.imsi ? `IMSI ${facts.imsi}` : `MSISDN ${String(facts.msisdn)}`} is product ${product.id}.` },
    ...(zone === undefined ? [] : [{ step: 'zone' as const, text: `The called number ${String(basis.place.called)} is in zone ${zone}.` }]),
    ...(roaming === undefined ? [] : [{ step: 'zone' as const, text: `The visited network ${String(basis.place.visited)} is in zone ${roaming}.` }]),
    ...priceSteps(basis),
    ...lineSteps(lines, draws),
  ];
}
