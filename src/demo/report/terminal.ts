import type { Compared } from './compare';
import { TITLES } from './compare';

const RED = '\u001b[31m';
const GREEN = '\u001b[32m';
const BOLD = '\u001b[1m';
const PLAIN = '\u001b[0m';

/** The report as lines of text, a difference in red with what was expected. */
export function terminalReport(compared: readonly Compared[], coloured: boolean): string {
  const paint = (colour: string, text: string) => (coloured ? `${colour}${text}${PLAIN}` : text);
  const width = Math.max(...compared.map(({ name }) => name.length)) + 2;
  const lines: string[] = [];
  for (const [index, { section, name, found, expected, agrees }] of compared.entries()) {
    if (compared[index - 1]?.section !== section) lines.push('', paint(BOLD, TITLES[section]));
    const shown = String(found ?? '-').padStart(16);
    lines.push(`  ${name.padEnd(width)}${agrees ? paint(GREEN, shown) : paint(RED, `${shown}   expected ${String(expected ?? 'none')}`)}`);
  }
  const wrong = compared.filter(({ agrees }) => !agrees).length;
  lines.push('', wrong === 0 ? paint(GREEN, `All ${compared.length} figures are as expected.`) : paint(RED, `${wrong} of ${compared.length} figures differ.`));
  return `${lines.join('\n')}\n`;
}
