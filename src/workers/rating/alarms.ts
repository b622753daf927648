import { raised, usageAlarmId, type UsageAlarm, type UsageInSuspension } from '../../domain/usageAlarm';
import type { UnitOfWork } from '../../store/unitOfWork';

/** Keeps the alarms about what a batch rated of suspended products, in its commit. */
export async function keepAlarms(unit: UnitOfWork, found: readonly UsageInSuspension[]): Promise<void> {
  const alarms = new Map((await unit.getMany<UsageAlarm>('usageAlarm', [...new Set(found.map(usageAlarmId))])).map((alarm) => [alarm.id, alarm]));
  for (const one of found) {
    const alarm = raised(alarms.get(usageAlarmId(one)), one);
    alarms.set(alarm.id, alarm);
  }
  for (const alarm of alarms.values()) unit.save('usageAlarm', alarm, { partitionKey: alarm.product.id, raced: true });
}
