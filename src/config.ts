import { isIP } from 'node:net';

export const ROLES = ['api', 'relay', 'ordering', 'rating', 'billing', 'reconciliation', 'notification'] as const;
export type Role = (typeof ROLES)[number];

export interface Config {
  readonly host: string;
  readonly port: number;
  /** What hrefs and links start with; no final slash. */
  readonly publicUrl: string;
  readonly mongodbUri: string | undefined;
  readonly database: string | undefined;
  readonly amqpUrl: string | undefined;
  readonly brokerPrefix: string;
  readonly brokerPartitions: number;
  readonly dataFolder: string;
  readonly logLevel: string;
  readonly roles: readonly Role[];
  /** Keys given at start: name:scope+scope:secret, separated by commas. */
  readonly apiKeys: string | undefined;
  readonly allowPrivateCallbacks: boolean;
  /** Waits before further tries of a delivery; those of notification unless given. */
  readonly deliveryScheduleMs: readonly number[] | undefined;
  readonly secretKey: string | undefined;
  readonly eventRetentionDays: number;
  readonly receivedRetentionDays: number;
  readonly requireIfMatch: boolean;
  readonly kitTolerance: boolean;
  /** The checks of all bodies are compiled in the first seconds, beside the requests. */
  readonly warmUp: boolean;
  /** Hosts that extension schemas may be fetched from. */
  readonly extensionHosts: readonly string[];
  /** The business clock may be set and advanced. */
  readonly clockSettable: boolean;
  readonly apiFiles: readonly string[];
  /** Whether an order that does not fit the catalogue is refused, or taken with a note. */
  readonly orderValidation: 'warn' | 'refuse';
  /** Base address of the service ordering API (TMF641) that activates what is ordered; `events` when it listens to events instead. */
  readonly fulfilmentUrl: string | undefined;
  readonly fulfilmentTimeoutMs: number;
  readonly clearingHouseUrl: string | undefined;
  /** Hosts that import and export jobs may use beside our own storage. */
  readonly allowedHosts: readonly string[];
  /** Our name among operators, for number porting. */
  readonly operatorName: string;
  /** How long a number rests before another customer gets it. */
  readonly numberQuarantineDays: number;
}

/** Every setting with its default and meaning: the README's table, and what readConfig looks at. */
export const SETTINGS: readonly (readonly [name: string, standard: string, meaning: string])[] = [
  ['HOST', '127.0.0.1', 'Address to listen on. Beyond loopback an API key must exist, or the process refuses to start.'],
  ['PORT', '8080', 'Port to listen on; 0 for any free one.'],
  ['PUBLIC_URL', 'http://HOST:PORT', 'What hrefs and page links start with, as clients see this server.'],
  ['MONGODB_URI', '(embedded)', 'A replica set. Without it a mongod is found or fetched and run with its data in DATA_FOLDER.'],
  ['MONGODB_DATABASE', 'that of the URI, else trunkline', 'Name of the database.'],
  ['AMQP_URL', '(in-process)', 'RabbitMQ. Without it the same exchanges and queues are kept within the process.'],
  ['BROKER_PREFIX', '(none)', 'Stands before the names of exchanges and queues, for several installations on one broker.'],
  ['BROKER_PARTITIONS', '4', 'Queues that rating is spread over; the usage of one account stays in one. Change it only with empty queues.'],
  ['DATA_FOLDER', './.data', 'Where the embedded mongod keeps its data.'],
  ['LOG_LEVEL', 'info', 'error, warn, info or debug.'],
  ['ROLES', 'all', 'What this process does: api, relay, ordering, rating, billing, reconciliation, notification.'],
  ['API_KEYS', '(none)', 'Keys valid from the start: name:scope+scope:secret, separated by commas. Scopes: reader, writer, partner, operator.'],
  ['ALLOW_PRIVATE_CALLBACKS', 'false', 'Lets listeners have loopback and private addresses. For trying and testing.'],
  ['EVENT_RETENTION_DAYS', '0', 'How long the event log is kept once sent; 0 for ever.'],
  ['RECEIVED_RETENTION_DAYS', '0', 'How long notifications from outside systems are kept once they are done or ignored; 0 for ever. A repeat that comes later is a new one.'],
  ['DELIVERY_SCHEDULE', '5,30,120,600,3600,21600,86400', 'Seconds, about, before each further try of a delivery that a listener did not take; after the last one it is a dead letter.'],
  ['SECRET_KEY', '(made and kept in the database)', '32 bytes in base64 that the secrets of listeners are encrypted with.'],
  ['REQUIRE_IF_MATCH', 'false', 'Demands If-Match on PATCH and DELETE (428 without).'],
  ['KIT_TOLERANCE', 'false', 'Relaxes what TM Forum\'s TMF654 kit contradicts in its document: POST /bucket exists, required lists of balance actions do not bind.'],
  ['WARM_UP', 'true', 'Compiles the checks of all bodies in the first seconds, beside the requests; false: with the first request of each operation.'],
  ['EXTENSION_HOSTS', '(none)', 'Hosts, separated by commas, that a schema named by @schemaLocation may be fetched from when it is not registered.'],
  ['API_FILES', '(none)', 'Further OpenAPI documents to serve, separated by commas; `serve --api FILE` does the same.'],
  ['DEMO', 'false', 'The business clock may be set, at /trunkline/v1/businessClock. TEST=true does the same.'],
  ['FULFILMENT_URL', '(none: orders are carried out at once)', 'Base address of a TMF641 service ordering API that each order item waits for; or `events`: the item fulfilment events are the message.'],
  ['FULFILMENT_TIMEOUT_SECONDS', '86400', 'An item whose fulfilment is not reported in this (business) time fails and is undone.'],
  ['CLEARING_HOUSE_URL', '(none)', 'Where ports of numbers are asked for. Without it they wait to be reported at /trunkline/v1/numberPort.'],
  ['ALLOWED_HOSTS', '(none)', 'Hosts, as host or host:port with commas between, that import and export jobs may read from and write to beside our own storage.'],
  ['OPERATOR_NAME', 'Trunkline', 'Our name among operators, for number porting.'],
  ['NUMBER_QUARANTINE_DAYS', '90', 'How long a number rests after one customer before another may have it.'],
  ['ORDER_VALIDATION', 'warn', 'refuse: an order that does not fit the catalogue is answered 400. warn: it is taken, with a note.'],
];

const flag = (env: NodeJS.ProcessEnv, name: string, standard = 'false'): boolean => {
  const text = env[name] ?? standard;
  if (text !== 'true' && text !== 'false' && text !== '1' && text !== '0' && text !== '') throw new Error(`${name} is '${text}'. Use true or false.`);
  return text === 'true' || text === '1';
};

const whole = (env: NodeJS.ProcessEnv, name: string, standard: number, most: number): number => {
  const number = Number(env[name] ?? standard);
  if (!Number.isInteger(number) || number < 0 || number > most) throw new Error(`${name} is '${env[name]}'. Use a whole number up to ${most}.`);
  return number;
};

function rolesIn(text: string): readonly Role[] {
  if (text === 'all' || text === '') return ROLES;
  return text.split(',').map((name) => {
    const role = ROLES.find((known) => known === name.trim());
    if (!role) throw new Error(`ROLES has '${name}'. Known are ${ROLES.join(', ')}.`);
    return role;
  });
}

function scheduleIn(text: string | undefined): readonly number[] | undefined {
  if (text === undefined) return undefined;
  const seconds = text.split(',').map(Number);
  if (seconds.some((one) => !(one > 0 && one <= 604_800))) throw new Error(`DELIVERY_SCHEDULE is '${text}'. Write seconds with commas between, as in 5,30,120.`);
  return seconds.map((one) => one * 1000);
}

/** Reads every setting once, at start; a malformed one stops the process with its name and what would be right. */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  const host = env['HOST'] ?? '127.0.0.1';
  const port = whole(env, 'PORT', 8080, 65535);
  const orderValidation = env['ORDER_VALIDATION'] ?? 'warn';
  if (orderValidation !== 'warn' && orderValidation !== 'refuse') throw new Error(`ORDER_VALIDATION is '${orderValidation}'. Use warn or refuse.`);
  return Object.freeze({
    host, port,
    publicUrl: (env['PUBLIC_URL'] ?? `http://${isIP(host) === 6 ? `[${host}]` : host === '0.0.0.0' ? 'localhost' : host}:${port}`).replace(/\/+$/, ''),
    mongodbUri: env['MONGODB_URI'] || undefined,
    database: env['MONGODB_DATABASE'] || undefined,
    amqpUrl: env['AMQP_URL'] || undefined,
    brokerPrefix: env['BROKER_PREFIX'] ?? '',
    brokerPartitions: whole(env, 'BROKER_PARTITIONS', 4, 64),
    dataFolder: env['DATA_FOLDER'] ?? './.data',
    logLevel: env['LOG_LEVEL'] ?? 'info',
    roles: rolesIn(env['ROLES'] ?? 'all'),
    apiKeys: env['API_KEYS'] || undefined,
    allowPrivateCallbacks: flag(env, 'ALLOW_PRIVATE_CALLBACKS'),
    deliveryScheduleMs: scheduleIn(env['DELIVERY_SCHEDULE']),
    secretKey: env['SECRET_KEY'] || undefined,
    eventRetentionDays: whole(env, 'EVENT_RETENTION_DAYS', 0, 36_500),
    receivedRetentionDays: whole(env, 'RECEIVED_RETENTION_DAYS', 0, 36_500),
    requireIfMatch: flag(env, 'REQUIRE_IF_MATCH'),
    kitTolerance: flag(env, 'KIT_TOLERANCE'),
    warmUp: flag(env, 'WARM_UP', 'true'),
    extensionHosts: (env['EXTENSION_HOSTS'] ?? '').split(',').map((host) => host.trim().toLowerCase()).filter(Boolean),
    clockSettable: flag(env, 'DEMO') || flag(env, 'TEST'),
    apiFiles: (env['API_FILES'] ?? '').split(',').filter(Boolean),
    orderValidation,
    fulfilmentUrl: env['FULFILMENT_URL'] || undefined,
    fulfilmentTimeoutMs: 1000 * whole(env, 'FULFILMENT_TIMEOUT_SECONDS', 86_400, 31_536_000),
    clearingHouseUrl: env['CLEARING_HOUSE_URL']?.replace(/\/+$/, '') || undefined,
    allowedHosts: (env['ALLOWED_HOSTS'] ?? '').split(',').map((host) => host.trim()).filter(Boolean),
    operatorName: env['OPERATOR_NAME'] || 'Trunkline',
    numberQuarantineDays: whole(env, 'NUMBER_QUARANTINE_DAYS', 90, 3650),
  });
}
