type Attributes = Readonly<Record<string, unknown>>;

/** A notification of an outside system, in the envelope of TMF. */
export interface Notification {
  readonly eventId?: string;
  readonly eventTime?: string;
  readonly eventType: string;
  readonly correlationId?: string;
  readonly event: Attributes;
}

/** What a notification is about: the resource under its own name. */
export interface Subject {
  /** As in individual. */
  readonly key: string;
  readonly id?: string;
  readonly attributes: Attributes;
}

export interface Assignment {
  readonly to: 'name' | 'status' | 'statusReason' | 'contactMedium';
  /** An attribute of the subject, dotted where it is nested. */
  readonly from: string;
  /** What each value becomes; others are not brought over. Every value as it is without them. */
  readonly values?: readonly { readonly from: string; readonly to: string }[];
}

export interface NotificationRule {
  readonly eventType: string;
  readonly command: 'reportItemFulfilment' | 'changeCustomer';
  readonly assign?: readonly Assignment[];
}

/** The resource that the notification carries; nothing when it carries none. */
export function subjectOf({ event }: Notification): Subject | undefined {
  const [first] = Object.entries(event).filter(([, value]) => typeof value === 'object' && value !== null && !Array.isArray(value));
  if (!first) return undefined;
  const [key, attributes] = first as [string, Attributes];
  const { id } = attributes;
  return { key, attributes, ...(typeof id === 'string' ? { id } : {}) };
}

/** The attributes that the assignments bring over from the subject; those it does not have, or whose value is not among `values`, are left out. */
export function assigned(assign: readonly Assignment[], { attributes }: Subject): Attributes {
  return Object.fromEntries(assign.flatMap(({ to, from, values }): [string, unknown][] => {
    const value = from.split('.').reduce<unknown>((node, name) => (typeof node === 'object' && node !== null && Object.hasOwn(node, name) ? (node as Attributes)[name] : undefined), attributes);
    const becomes = values ? values.find((one) => one.from === value)?.to : value;
    return becomes === undefined || becomes === null ? [] : [[to, becomes]];
  }));
}
