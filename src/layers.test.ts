import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve, dirname } from 'node:path';

/** Who may import whom; a folder may always import itself. Files directly in src assemble the parts and may import all. */
const LAYERS: Readonly<Record<string, readonly string[]>> = {
  domain: [],
  spec: ['domain'],
  mapping: ['domain'],
  store: ['domain', 'spec'],
  rest: ['domain', 'spec', 'store'],
  events: ['domain', 'spec', 'store'],
  apis: ['domain', 'spec', 'store', 'rest', 'events', 'workers', 'mapping', 'config', 'clock'],
  workers: ['domain', 'spec', 'store', 'events', 'mapping', 'config', 'log'],
  embedded: [],
};

/** Packages with one home. */
const HOMES: Readonly<Record<string, readonly string[]>> = {
  mongoose: ['store', 'embedded'],
  express: ['rest'],
  amqplib: ['events'],
  smqp: ['events'],
};

const src = __dirname;
const files = (folder: string): string[] => readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
  (entry.isDirectory() ? files(join(folder, entry.name)) : entry.name.endsWith('.ts') && !entry.name.endsWith('.test.ts') ? [join(folder, entry.name)] : []));

/** Imports that leave something behind at run time or in types; both tie the parts together. */
const importsOf = (file: string): string[] => [...readFileSync(file, 'utf8').matchAll(/^(?:import|export)[^'"]*?from '([^']+)'|require\('([^']+)'\)/gm)].map((match) => match[1] ?? match[2] ?? '');

const homeOf = (file: string): string => relative(src, file).split('/')[0]!.replace(/\.ts$/, '');

it('imports only what its layer may know', () => {
  const strays = files(src).flatMap((file) => {
    const home = homeOf(file);
    const allowed = LAYERS[home];
    if (!allowed) return [];
    return importsOf(file).filter((name) => name.startsWith('.')).map((name) => homeOf(resolve(dirname(file), name)))
      .filter((target) => target !== home && !allowed.includes(target)).map((target) => `${relative(src, file)} -> ${target}`);
  });
  expect(strays).toEqual([]);
});

it('keeps mongoose, Express, amqplib and smqp in one place each', () => {
  const strays = files(src).flatMap((file) => importsOf(file).filter((name) => HOMES[name] && LAYERS[homeOf(file)] && !HOMES[name].includes(homeOf(file)))
    .map((name) => `${relative(src, file)} -> ${name}`));
  expect(strays).toEqual([]);
});
