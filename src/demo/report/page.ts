import type { Heard } from '../play/listener';
import type { Plan } from '../generate/plan';
import type { Section } from '../books/expected';
import { TITLES, type Compared } from './compare';

export interface PageFacts {
  readonly plan: Plan;
  readonly compared: readonly Compared[];
  readonly seconds: number;
  readonly heard: Heard;
}

const safe = (text: unknown): string => String(text).replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`);

/** Horizontal bars, drawn by hand so that the page needs nothing but itself. */
function bars(rows: readonly Compared[]): string {
  const numbers = rows.map(({ found }) => Math.abs(Number(found ?? 0)));
  const most = Math.max(...numbers, 1e-9);
  const height = 24;
  return `<svg viewBox="0 0 720 ${rows.length * height}" role="img" aria-label="bars">${rows.map(({ name, found, agrees }, index) => {
    const width = Math.max(1, ((numbers[index] ?? 0) / most) * 380);
    const y = index * height;
    return `<text x="230" y="${y + 16}" text-anchor="end">${safe(name)}</text><rect x="240" y="${y + 4}" width="${width.toFixed(1)}" height="16" rx="2" class="${agrees ? 'good' : 'bad'}"/>`
      + `<text x="${(248 + width).toFixed(1)}" y="${y + 16}" class="number">${safe(found ?? '-')}</text>`;
  }).join('')}</svg>`;
}

const table = (rows: readonly Compared[]): string => `<table><thead><tr><th>figure</th><th>found</th><th>expected</th></tr></thead><tbody>${rows.map(({ name, found, expected, agrees }) =>
  `<tr class="${agrees ? 'good' : 'bad'}"><td>${safe(name)}</td><td>${safe(found ?? '-')}</td><td>${safe(expected ?? 'none')}</td></tr>`).join('')}</tbody></table>`;

/** The rows of a section that make a chart: figures of one kind, which can be compared by length. */
const CHARTS: Readonly<Partial<Record<Section, (row: Compared) => boolean>>> = {
  usage: () => true,
  reasons: () => true,
  rated: ({ name }) => name.endsWith('gross') || name.endsWith('net'),
  balances: ({ name }) => name !== 'purses' && name !== 'below zero',
  bills: ({ name }) => name.startsWith('gross of'),
  leakage: ({ name }) => !name.includes(',') && name !== 'matched' && name !== 'charged by the host',
  age: () => true,
  recovered: () => true,
  events: () => true,
};

const STYLE = `
body { font: 15px/1.5 system-ui, sans-serif; color: #1c2430; background: #f5f6f8; margin: 0 auto; max-width: 860px; padding: 32px 20px; }
h1 { font-size: 26px; margin: 0 0 4px; } h2 { font-size: 18px; margin: 0 0 12px; }
section { background: #fff; border: 1px solid #dfe3e8; border-radius: 8px; padding: 18px 22px; margin: 18px 0; }
table { border-collapse: collapse; width: 100%; } th { text-align: left; font-weight: 600; } td, th { padding: 3px 8px; border-bottom: 1px solid #eceff2; }
td + td, th + th { text-align: right; font-variant-numeric: tabular-nums; }
tr.bad td { background: #fdecea; color: #a1170b; font-weight: 600; }
.verdict { font-weight: 600; } .verdict.good { color: #17703a; } .verdict.bad { color: #a1170b; }
svg { width: 100%; height: auto; margin: 6px 0 12px; } svg text { font-size: 12px; fill: #1c2430; } svg .number { fill: #5a6675; } rect.good { fill: #3a6ea5; } rect.bad { fill: #c0392b; }
details > summary { cursor: pointer; color: #5a6675; }
`;

function section(name: Section, rows: readonly Compared[]): string {
  const chart = CHARTS[name] && rows.filter(CHARTS[name]);
  const isLong = rows.length > 16;
  const body = isLong && rows.every(({ agrees }) => agrees) ? `<details><summary>${rows.length} figures</summary>${table(rows)}</details>` : table(rows);
  return `<section id="${name}"><h2>${safe(TITLES[name])}</h2>${chart && chart.length > 0 ? bars(chart) : ''}${body}</section>`;
}

/** The report as one HTML file: each figure beside the one that was known beforehand. */
export function page({ plan, compared, seconds, heard }: PageFacts): string {
  const wrong = compared.filter(({ agrees }) => !agrees);
  const names = [...new Set(compared.map((one) => one.section))];
  const days = Math.round((plan.until - plan.from) / 86_400_000);
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Harbour Mobile, ${safe(plan.name)}</title><style>${STYLE}</style></head><body>
<h1>Harbour Mobile, October 2026</h1>
<p>${days} days of usage, played through the public APIs in ${seconds.toFixed(1)} s. <span class="verdict ${wrong.length === 0 ? 'good' : 'bad'}">${wrong.length === 0
  ? `All ${compared.length} figures are as expected.` : `${wrong.length} of ${compared.length} figures differ.`}</span></p>
${wrong.length > 0 ? `<section><h2>Differences</h2>${table(wrong)}</section>` : ''}
${names.map((name) => section(name, compared.filter((one) => one.section === name))).join('\n')}
<p>The partner's listener got ${heard.repeats} repeats and ${heard.unsigned} deliveries without a valid signature.</p>
</body></html>
`;
}
