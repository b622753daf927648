/**
 * A refusal that the caller can understand and mend: a stable code, the HTTP status it becomes, a short reason
 * and a sentence that says what was wrong and what would be right. The codes are listed in the README.
 */
export class Fault extends Error {
  override readonly name = 'Fault';

  constructor(
    readonly code: string,
    readonly status: number,
    readonly reason: string,
    message: string,
    /** Extra answer headers, such as Allow on 405 or Retry-After on 503. */
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
  }
}

/** Every code with its status and reason: the one table behind all refusals. A test holds the README to it. */
export const FAULTS = {
  'REQ-01': [400, 'Body is not JSON'],
  'REQ-02': [400, 'Body does not fit the document'],
  'REQ-03': [400, 'Attribute name not allowed'],
  'REQ-04': [400, 'Number has too many digits'],
  'REQ-05': [400, 'Body is nested too deeply'],
  'REQ-06': [400, 'Parameter is not right'],
  'REQ-07': [400, 'Attribute cannot be changed'],
  'REQ-08': [404, 'Not found'],
  'REQ-09': [404, 'No such path'],
  'REQ-10': [405, 'Method not allowed'],
  'REQ-11': [406, 'Not acceptable'],
  'REQ-12': [413, 'Body too large'],
  'REQ-13': [414, 'Address too long'],
  'REQ-14': [415, 'Media type not supported'],
  'REQ-15': [409, 'Identifier is taken'],
  'REQ-16': [409, 'Changed by somebody else'],
  'REQ-17': [412, 'Precondition failed'],
  'REQ-18': [428, 'Precondition required'],
  'REQ-19': [422, 'Idempotency-Key used before'],
  'REQ-20': [409, 'Request with this Idempotency-Key is still running'],
  'REQ-21': [501, 'Not offered'],
  'REQ-22': [503, 'Try again later'],
  'REQ-24': [500, 'Internal error'],
  'REQ-25': [409, 'Test operation failed'],
  'QRY-01': [400, 'Unknown attribute'],
  'QRY-02': [400, 'Unknown operator'],
  'QRY-03': [400, 'Value is not right'],
  'QRY-04': [400, 'Sort is not right'],
  'QRY-05': [400, 'Filter is not right'],
  'QRY-06': [400, 'Pattern is not right'],
  'QRY-07': [400, 'Too many conditions'],
  'QRY-08': [400, 'Cursor is not right'],
  'QRY-09': [503, 'Query takes too long'],
  'AUT-01': [401, 'Credentials missing'],
  'AUT-02': [401, 'Credentials not valid'],
  'AUT-03': [403, 'Not allowed'],
  'STA-01': [409, 'State change not allowed'],
  'AMT-01': [400, 'Amount is not right'],
  'AMT-02': [400, 'Units differ'],
  'CAT-01': [400, 'Price cannot be rated'],
  'CAT-02': [400, 'Reference data is not right'],
  'CAT-03': [409, 'Price is launched'],
  'CAT-04': [400, 'File cannot be used'],
  'ORD-01': [400, 'Order cannot be taken'],
  'ORD-02': [409, 'Order cannot be cancelled'],
  'ORD-03': [409, 'Number or SIM is taken'],
  'ORD-04': [400, 'Prices cannot be changed'],
  'USG-01': [409, 'Usage differs from the one already held'],
  'USG-02': [409, 'Usage is billed'],
  'USG-03': [400, 'Usage does not fit its specification'],
  'BAL-01': [409, 'Balance action is over'],
  'BAL-02': [400, 'Units differ from those of the bucket'],
  'BIL-01': [409, 'Bill cannot be changed'],
  'BIL-02': [400, 'Bill run cannot begin'],
  'PAY-01': [422, 'Card number refused'],
  'PAY-02': [409, 'Payment differs from the one already held'],
  'REC-01': [400, 'File cannot be read'],
  'REC-02': [409, 'File is held'],
  'REC-03': [500, 'Records were lost while comparing'],
  'REC-04': [409, 'Item cannot be recovered'],
  'REC-05': [400, 'Contract is not right'],
  'HUB-01': [400, 'Callback is not allowed'],
  'HUB-02': [409, 'Registration exists'],
  'HUB-03': [400, 'Query of the registration is not right'],
  'HUB-04': [409, 'Too many registrations'],
  'HUB-05': [400, 'Replay is not right'],
  'EXT-01': [400, 'Extension schema is not right'],
  'API-01': [400, 'Document cannot be served'],
} as const satisfies Record<string, readonly [number, string]>;

export type FaultCode = keyof typeof FAULTS;

/** The refusal of that code, with the sentence for this case. */
export function fault(code: FaultCode, message: string, headers?: Readonly<Record<string, string>>): Fault {
  const [status, reason] = FAULTS[code];
  return new Fault(code, status, reason, message, headers);
}
