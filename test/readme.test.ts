import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { SETTINGS } from '../src/config';
import { FAULTS } from '../src/domain/fault';

const root = join(__dirname, '..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const rows = (heading: string): string[] => {
  const section = readme.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  return section.split('\n').filter((line) => line.startsWith('| ')).slice(1);
};

const files = (folder: string): string[] => readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
  (entry.isDirectory() ? files(join(folder, entry.name)) : /(?<!\.test)\.ts$/.test(entry.name) ? [join(folder, entry.name)] : []));

it('lists every error code as the table has it', () => {
  expect(rows('Error codes')).toEqual(Object.entries(FAULTS).map(([code, [status, reason]]) => `| ${code} | ${status} | ${reason} |`));
});

it('lists every setting as the process reads it', () => {
  expect(rows('Settings')).toEqual(SETTINGS.map(([name, standard, meaning]) => `| \`${name}\` | ${standard} | ${meaning} |`));
});

it('has no setting that is read and not listed', () => {
  const read = new Set([...readFileSync(join(root, 'src', 'config.ts'), 'utf8').matchAll(/env\['([A-Z_]+)'\]|(?:flag|whole|number)\(env, '([A-Z_]+)'/g)].map((match) => match[1] ?? match[2]));
  const listed = new Set(SETTINGS.map(([name]) => name));
  expect([...read].filter((name) => !listed.has(name!) && name !== 'TEST')).toEqual([]);
});

it('has no error code that no part of the product uses', () => {
  const text = files(join(root, 'src')).filter((file) => !file.endsWith('fault.ts')).map((file) => readFileSync(file, 'utf8')).join('\n');
  expect(Object.keys(FAULTS).filter((code) => !text.includes(`'${code}'`))).toEqual([]);
});
