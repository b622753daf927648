import type { Behaviour } from '../rest/types';
import type { NumberPort } from '../workers/ordering/porting';

/** Ports of numbers as the clearing house sees them: it brings in those that leave, and reports how all of them go on. */
export const numberPort: Behaviour = {
  async createNumberPort(request, unit, generic) {
    const answer = await generic(request, unit);
    const port = answer.body as NumberPort;
    return { ...answer, body: unit.save('numberPort', { ...port, msisdn: port.msisdn.replace(/^\+/, '') }) };
  },
};
