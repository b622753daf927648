import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { GENERATOR, write, type Written } from './generate/write';
import type { Plan } from './generate/plan';

const read = (folder: string, name: string): unknown => JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8'));

/** The play's files as they are in the folder, written first where they are missing or of an earlier form. Files that somebody changed stay as they are. */
export function filesOf(plan: Plan, folder: string): Written {
  const held = existsSync(join(folder, 'play.json')) ? read(folder, 'play') as Pick<Written, 'generator' | 'play' | 'seed'> : undefined;
  if (held?.generator !== GENERATOR || held.seed !== plan.seed) {
    rmSync(join(folder, 'usage'), { recursive: true, force: true });
    rmSync(join(folder, 'wholesale'), { recursive: true, force: true });
    return write(plan, folder);
  }
  return {
    ...held, loads: read(folder, 'catalogue') as Written['loads'], customers: read(folder, 'customers') as Written['customers'], steps: read(folder, 'steps') as Written['steps'],
    expected: read(folder, 'expected') as Written['expected'], differences: read(folder, 'differences') as Written['differences'],
  };
}
