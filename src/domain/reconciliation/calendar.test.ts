import { DateTime } from 'luxon';
import { dayIn, offsetIn } from './calendar';

const QUARTER = 900_000;

// Changes by an hour and by half of one, at midnight, north and south, and a zone of no whole hour.
it.each(['Europe/Dublin', 'America/St_Johns', 'Australia/Lord_Howe', 'Africa/Cairo', 'Asia/Kathmandu', 'UTC'])('tells offset and day of %s as the time zone tables do', (zone) => {
  const [offset, day] = [offsetIn(zone), dayIn(zone)];
  for (const date of ['2026-03-08', '2026-03-29', '2026-04-05', '2026-04-24', '2026-10-04', '2026-10-25', '2026-10-30', '2026-11-01']) {
    const instants = Array.from({ length: 176 }, (_, i) => Date.parse(date) + (i - 40) * QUARTER + 1000);
    const told = instants.map((at) => DateTime.fromMillis(at, { zone }));
    expect(instants.map(offset)).toEqual(told.map((time) => time.offset * 60_000));
    expect(instants.map(day)).toEqual(told.map((time) => time.toISODate()));
  }
});
