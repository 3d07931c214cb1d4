import type { ErrorCode, HyraxError } from '../base/index.ts'
import type { CborValue } from '../codec/index.ts'

/** HTTP status of a code (`FORMATS.md` 6). */
export function httpStatus(code: ErrorCode): number {
  const known = statusOf[code]
  if (known !== undefined) return known
  const family = families.find(([start]) => code.startsWith(start))
  return family?.[1] ?? 500
}

const statusOf: Partial<Record<ErrorCode, number>> = {
  ERR_INVALID_INPUT: 400,
  ERR_UNSUPPORTED: 400,
  ERR_USER_UNAUTHENTICATED: 401,
  ERR_UNAUTHORIZED: 403,
  ERR_NODE_MISCONFIGURED: 403,
  ERR_ADMIN_HOST: 403,
  ERR_ADMIN_NOT_FOUND: 404,
  ERR_NODE_NOT_FOUND: 404,
  ERR_PATH_INVALID: 404,
  ERR_FILE_EXISTS: 409,
  ERR_INVALID_NODE_STATE: 409,
  ERR_ACCESS_LOCKOUT: 409,
  ERR_ADMIN_TOO_LARGE: 413,
  ERR_ADMIN_BUSY: 503,
  ERR_SWARM_BUSY: 503,
  ERR_NODE_UNREACHABLE: 502,
}
const families: readonly [string, number][] = [
  ['ERR_SETTINGS_', 400],
  ['ERR_CODEC_', 400],
  ['ERR_KEYS_', 400],
  ['ERR_TEAM_', 409],
]

/** The one object that HTTP and `--json` share, as one line without LF. */
export function successLine(result: CborValue): string {
  return JSON.stringify({ code: 'OK', result })
}

/** The same for a failure; the texts are made here, from the table. */
export function failureLine(error: HyraxError): string {
  const { code, message, data } = error
  // HTTP proves no key, so there is none that a hint could name.
  const hint = code === 'ERR_UNAUTHORIZED' && data['key'] === undefined ? undefined : error.hint
  const members = Object.keys(data).length === 0 ? {} : { data }
  return JSON.stringify({ code, message, ...(hint === undefined || hint === '' ? {} : { hint }), ...members })
}

/** Said with every answer: nothing is kept, nothing is guessed, nobody may frame it. */
export const answerHeaders: Readonly<Record<string, string>> = {
  'Content-Type': 'application/json',
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
}

/** The headers of an error; `Retry-After` where trying again helps. */
export function failureHeaders(status: number): Record<string, string> {
  return { ...answerHeaders, ...(status === 503 ? { 'Retry-After': '1' } : {}) }
}
