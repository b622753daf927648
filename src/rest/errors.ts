import type { Logger } from 'winston';
import { FAULTS, Fault, fault } from '../domain/fault';
import { isUnavailable } from '../store/commit';

/** The TMF Error body of v4. */
export interface TmfError {
  readonly code: string;
  readonly reason: string;
  readonly message: string;
  readonly status: string;
  readonly '@type': 'Error';
}

export const errorBody = ({ code, reason, message, status }: Fault): TmfError =>
  ({ code, reason, message, status: String(status), '@type': 'Error' });

/** What express-openapi-validator throws. */
interface ValidatorError {
  readonly status: number;
  readonly errors?: readonly { readonly path?: string; readonly message?: string }[];
}

const isValidatorError = (error: unknown): error is ValidatorError & Error =>
  typeof (error as ValidatorError).status === 'number' && Array.isArray((error as ValidatorError).errors);

/** Any failure as a Fault: refusals as they are, the rest as 500 without inner detail (logged here with it). */
export function toFault(error: unknown, log: Logger, correlationId: string): Fault {
  if (error instanceof Fault) return error;
  if (isValidatorError(error) && error.status < 500) return validatorFault(error);
  if (isUnavailable(error)) {
    log.warn('database unavailable', { correlationId, error: (error as Error).name });
    return fault('REQ-22', 'The database does not answer at the moment. Nothing is lost; repeat the request.', { 'Retry-After': '2' });
  }
  const { code } = error as { code?: number };
  if (code === 50) return fault('QRY-09', 'The query takes too long. Narrow it by an indexed attribute.');
  if (code === 10334 || (/^Mongo|^BSON|^RangeError/.test((error as Error).name) && /larger than the maximum size|too large|BSONObj size/i.test((error as Error).message))) {
    return fault('REQ-12', 'The resource would be larger than the 16 MB that can be kept. Keep less in it.');
  }
  if (code === 292) return fault('QRY-09', 'Too many resources would have to be sorted. Narrow the query, or sort by an indexed attribute.');
  log.error('request failed', { correlationId, error: (error as Error).name, message: (error as Error).message, stack: (error as Error).stack });
  return fault('REQ-24', 'The server failed and changed nothing. The correlation id in the X-Correlation-ID header finds the cause in its log.');
}

function validatorFault({ status, errors = [] }: ValidatorError): Fault {
  if (status === 415) return fault('REQ-14', 'The media type is not one that this operation reads. Send application/json.');
  const code = status === 404 ? 'REQ-09' : status === 405 ? 'REQ-10' : 'REQ-02';
  const places = errors.slice(0, 5).map(({ path = '', message = '' }) => `${path.replace(/^\/body\/?/, '').replace(/\//g, '.') || 'body'} ${message}`);
  return new Fault(code, status, FAULTS[code][1], `${places.join('; ')}.`);
}
