import { readConfig, type Config } from '../config';
import { startMongod } from '../embedded/mongod';
import { createLog } from '../log';

/** Runs the work with the database the settings name, or the embedded one, which ends with it unless others use it. */
export async function withDatabase<T>(work: (given: { readonly uri: string; readonly database: string | undefined; readonly config: Config }) => Promise<T>): Promise<T> {
  const config = readConfig({ LOG_LEVEL: 'warn', ...process.env });
  if (config.mongodbUri !== undefined) return work({ uri: config.mongodbUri, database: config.database, config });
  const mongod = await startMongod({ folder: config.dataFolder, log: createLog(config.logLevel) });
  try {
    return await work({ uri: mongod.uri, database: config.database, config });
  } finally {
    await mongod.stop();
  }
}
