const digit0 = 48;

/** The number in `count` digits from `at`; −1 where there are others. */
function digits(text: string, at: number, count: number): number {
  let value = 0;
  for (let i = at; i < at + count; i += 1) {
    const digit = text.charCodeAt(i) - digit0;
    if (!(digit >= 0 && digit <= 9)) return -1;
    value = value * 10 + digit;
  }
  return value;
}

/** Minutes that the zone from `at` on is ahead of UTC: Z, ±hh, ±hhmm, ±hh:mm; nothing at all is UTC, since a device's own zone is no fact. NaN for others. */
function zoneMinutes(text: string, at: number): number {
  const rest = text.length - at;
  if (rest === 0) return 0;
  const sign = text.charAt(at);
  if (sign === "Z" || sign === "z") return rest === 1 ? 0 : Number.NaN;
  if (sign !== "+" && sign !== "-") return Number.NaN;
  const colon = text.charAt(at + 3) === ":" ? 1 : 0;
  if (rest !== 3 && rest !== 5 + colon) return Number.NaN;
  const hours = digits(text, at + 1, 2);
  const minutes = rest === 3 ? 0 : digits(text, at + 3 + colon, 2);
  return hours < 0 || hours > 18 || minutes < 0 || minutes > 59 ? Number.NaN : (sign === "-" ? -1 : 1) * (60 * hours + minutes);
}

const monthDays = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

function dayMs(text: string): number {
  const [year, month, day] = [digits(text, 0, 4), digits(text, 5, 2), digits(text, 8, 2)];
  const isLeap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  // Date.UTC takes a year below 100 for one of the twentieth century.
  const days = (monthDays[month - 1] ?? 0) + (month === 2 && isLeap ? 1 : 0);
  const hasDashes = text.charAt(4) === "-" && text.charAt(7) === "-";
  return !hasDashes || year < 100 || day < 1 || day > days ? Number.NaN : Date.UTC(year, month - 1, day);
}

/**
 * Milliseconds since 1970 of a time in ISO 8601 (`2026-03-01`, `2026-03-01T12:30Z`, `2026-03-01 12:30:05.25+01:00`); NaN for any other text. Of
 * our own, because what the platform reads besides, and what it takes a text without a zone for, differs between machines.
 */
export function isoMs(text: string): number {
  const day = text.length >= 10 ? dayMs(text) : Number.NaN;
  if (text.length === 10 || Number.isNaN(day)) return day;
  const between = text.charAt(10);
  const [hour, minute] = [digits(text, 11, 2), digits(text, 14, 2)];
  if ((between !== "T" && between !== "t" && between !== " ") || text.charAt(13) !== ":" || hour < 0 || hour > 23 || minute < 0 || minute > 59)
    return Number.NaN;
  let at = 16;
  let seconds = 0;
  if (text.charAt(at) === ":") {
    seconds = digits(text, at + 1, 2);
    // 60 is a leap second.
    if (seconds < 0 || seconds > 60) return Number.NaN;
    at += 3;
    if (text.charAt(at) === ".") {
      let place = 0.1;
      for (at += 1; digits(text, at, 1) >= 0; at += 1) {
        seconds += digits(text, at, 1) * place;
        place /= 10;
      }
    }
  }
  return day + (hour * 60 + minute - zoneMinutes(text, at)) * 60_000 + Math.round(seconds * 1_000);
}
