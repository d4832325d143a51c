export const days = ['', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];
export const months = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];
const dayMillis = 86_400_000;
const weekMillis = 7 * dayMillis;

/**
 * The Monday on which week 1 of a year or month begins: the week that holds its first Thursday (ISO 8601, which
 * XPath extends to months).
 */
function firstWeek(year: number, month: number): number {
  const first = Date.UTC(year, month);
  const weekday = new Date(first).getUTCDay() || 7;
  return weekday > 4 ? first + (8 - weekday) * dayMillis : first - (weekday - 1) * dayMillis;
}

/** The week of a day counted from its period, or from the neighbouring one that it belongs to. */
function weekIn(day: number, longest: number, period: number, previous: number, next: number): number {
  const week = (day - period) / weekMillis + 1;
  if (week > longest && day >= next) return 1;
  if (week < 1) return Math.floor((day - previous) / weekMillis + 1);
  return Math.floor(week);
}

/** The value of a component of a date in UTC: a number, or text for the day half, calendar and era. */
export function dateComponent(date: Date, component: string): number | string | undefined {
  const year = date.getUTCFullYear();
  const month = date.getUTCMonth();
  const day = Date.UTC(year, month, date.getUTCDate());
  switch (component) {
    case 'Y':
      return year;
    case 'M':
      return month + 1;
    case 'D':
      return date.getUTCDate();
    case 'd':
      return (day - Date.UTC(year, 0)) / dayMillis + 1;
    case 'F':
      return date.getUTCDay() || 7;
    case 'W':
      return weekIn(day, 52, firstWeek(year, 0), firstWeek(year - 1, 0), firstWeek(year + 1, 0));
    case 'w':
      return weekIn(day, 4, firstWeek(year, month), firstWeek(year, month - 1), firstWeek(year, month + 1));
    case 'X': {
      const now = date.getTime();
      if (now < firstWeek(year, 0)) return year - 1;
      return now >= firstWeek(year + 1, 0) ? year + 1 : year;
    }
    case 'x': {
      const now = date.getTime();
      if (now < firstWeek(year, month)) return ((month + 11) % 12) + 1;
      return now >= firstWeek(year, month + 1) ? ((month + 1) % 12) + 1 : month + 1;
    }
    case 'H':
      return date.getUTCHours();
    case 'h':
      return date.getUTCHours() % 12 || 12;
    case 'P':
      return date.getUTCHours() >= 12 ? 'pm' : 'am';
    case 'm':
      return date.getUTCMinutes();
    case 's':
      return date.getUTCSeconds();
    case 'f':
      return date.getUTCMilliseconds();
    case 'C':
    case 'E':
      return 'ISO';
    default:
      return undefined;
  }
}
