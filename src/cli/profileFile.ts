import { readFile } from 'node:fs/promises';
import { fault } from '../domain/fault';
import { BUILT_IN_PROFILES } from '../mapping/builtIn';
import { checkedProfile, type MappingProfile } from '../mapping/profile';

/** @throws Fault REC-01 that says what the file was for and why it cannot be read */
export async function jsonFile<T>(path: string, what: string): Promise<T> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as T;
  } catch (error) {
    throw fault('REC-01', `The ${what} '${path}' cannot be read: ${(error as Error).message}`);
  }
}

/** The built-in mapping profile of that name, else the one in that JSON file. @throws Fault REC-01 */
export const profileCalled = async (name: string): Promise<MappingProfile> =>
  (Object.hasOwn(BUILT_IN_PROFILES, name) ? BUILT_IN_PROFILES[name]! : checkedProfile(await jsonFile<MappingProfile>(name, 'mapping profile')));
