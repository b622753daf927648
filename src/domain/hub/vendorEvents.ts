/** Changes of any resource that are announced even where its document names no such event. */
export const CHANGES = ['Create', 'AttributeValueChange', 'StateChange', 'Delete'] as const;

/** Further events that are ours, by API. A registration gets them only by name. */
export const VENDOR_EVENTS: Readonly<Record<string, readonly string[]>> = {
  tmf637: ['ProductRenewalFailureEvent', 'ProductRenewalTerminationEvent', 'ProductPriceNoticeEvent'],
  tmf654: ['BucketThresholdEvent'],
  tmf666: ['BillingAccountCreditLimitReachedEvent'],
  tmf678: ['CustomerBillOverdueEvent'],
};

/** The events of these resources that the document does not name. */
export const vendorEventsOf = (api: string, resources: readonly { readonly name: string }[], documented: ReadonlySet<string>): string[] =>
  [...resources.flatMap(({ name }) => CHANGES.map((change) => `${name}${change}Event`)), ...(VENDOR_EVENTS[api] ?? [])].filter((type) => !documented.has(type));
