import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { Store } from './store';

/** Encrypts what must not lie open in the database: AES-256-GCM, every text under a nonce of its own. */
export interface Seal {
  close(text: string): string;
  /** @throws Error when it was sealed with another key or changed since */
  open(sealed: string): string;
}

/** The key in SECRET_KEY. @throws Error when it is not 32 bytes in base64 */
export function readSecretKey(text: string): Buffer {
  const key = Buffer.from(text, 'base64');
  if (key.length !== 32) throw new Error('SECRET_KEY is not 32 bytes in base64. Make one: openssl rand -base64 32');
  return key;
}

const seals = new WeakMap<Store, Promise<Seal>>();

/** The seal of this database: with the key given, else with one made once and kept in it. */
export function sealOf(store: Store, secretKey: string | undefined): Promise<Seal> {
  let seal = seals.get(store);
  if (!seal) {
    seal = keyOf(store, secretKey).then(sealWith);
    seals.set(store, seal);
    seal.catch(() => seals.delete(store));
  }
  return seal;
}

async function keyOf(store: Store, secretKey: string | undefined): Promise<Buffer> {
  if (secretKey !== undefined) return readSecretKey(secretKey);
  const kept = await store.database.collection('setting').findOneAndUpdate(
    { _id: 'secretKey' }, { $setOnInsert: { value: randomBytes(32).toString('base64') } }, { upsert: true, returnDocument: 'after' });
  return readSecretKey((kept as unknown as { value: string }).value);
}

function sealWith(key: Buffer): Seal {
  return {
    close(text) {
      const nonce = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', key, nonce);
      const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString('base64');
    },
    open(sealed) {
      const bytes = Buffer.from(sealed, 'base64');
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12));
      decipher.setAuthTag(bytes.subarray(12, 28));
      try {
        return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString('utf8');
      } catch {
        throw new Error('a secret was sealed with another SECRET_KEY: start with the former one, or rotate the secrets of the listeners');
      }
    },
  };
}
