import { ITEM_CLASSES } from '../domain/reconciliation/item';
import { ageRows, CLASS_MEANING, type ReportInput } from '../domain/reconciliation/report';

const WIDTH = 24;

function columns(rows: readonly (readonly string[])[], right: readonly number[]): string {
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  return rows.map((row) => `  ${row.map((cell, i) => (right.includes(i) ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!))).join('  ').trimEnd()}`).join('\n');
}

const bar = (value: number, most: number): string => '#'.repeat(value === 0 ? 0 : Math.max(1, Math.round((WIDTH * value) / most)));

// What stands in a file must not steer the terminal.
// eslint-disable-next-line no-control-regex
const printable = (text: string): string => text.replace(/[\u0000-\u001f\u007f-\u009f]/g, '?');

function fileLines({ files }: ReportInput): string[] {
  return files.flatMap(({ name, status, reasons, notes, returned }) => {
    const told = [...reasons.map(({ message }) => message), ...notes, ...(returned > 0 ? [`${returned} lines returned.`] : [])];
    return status === 'accepted' && told.length === 0 ? [] : [printable(`  ${name}: ${status}. ${told.join(' ')}`.trimEnd())];
  });
}

/** The result on one screen: what agrees, what differs, what it costs, and which files were held. */
export function summaryText(input: ReportInput, folder: string | undefined): string {
  const { sums, control, currency, host, heldFiles } = input.result;
  const shown = ITEM_CLASSES.filter((name) => sums.classes[name].items > 0);
  const most = Math.max(1, ...shown.map((name) => sums.classes[name].items));
  const lines = [
    '', `Reconciliation with ${printable(host)}: ${sums.own.toLocaleString('en')} own records, ${sums.wholesale.toLocaleString('en')} wholesale records`, '',
    columns([['class', 'items', '', 'leakage', 'claim', ''], ...shown.map((name) => {
      const { items, leakageCost, claim } = sums.classes[name];
      return [name, items.toLocaleString('en'), bar(items, most), leakageCost ? String(leakageCost) : '', claim ? String(claim) : '', CLASS_MEANING[name]];
    })], [1, 3, 4]), '',
    columns([
      ['charged', String(sums.charged), currency], ['accepted', String(sums.accepted), currency], ['leakage', String(sums.leakageCost), `${currency}, retail value ${sums.retailValue}`.trim()],
      ['claim', String(sums.claim), currency], ['accrual', String(sums.accrual), currency],
    ], [1]), '',
    `  age of differences: ${ageRows(input.result).map(({ band, items }) => `${band} days ${items}`).join(', ')}`,
  ];
  const told = fileLines(input);
  if (told.length > 0) lines.push('', 'Files', ...told);
  for (const { file, kind, correction, explained, service } of heldFiles) {
    lines.push(printable(`  ${file}: held. ${explained} differences vanish when ${kind === 'timeShift' ? `its starts are moved by ${correction / 3_600_000} h` : `its quantities${service ? ` of ${service}` : ''} are multiplied by ${correction}`}.`));
  }
  if (!control.complete) lines.push('', 'Records are missing from the items: do not use this result.');
  if (folder !== undefined) lines.push('', `Written to ${printable(folder)}: report.html, report.json, items.csv, claims.csv, returned.csv`);
  return `${lines.join('\n')}\n`;
}
