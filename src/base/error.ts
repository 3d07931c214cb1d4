import { errorCodes, type ErrorCode } from './error-codes.ts'

/** Values that an error or a refusal carries for its message. Never a secret: they reach logs, terminals and JSON. */
export type ErrorData = Readonly<Record<string, string | number | boolean | null | readonly string[]>>

/**
 * A failure: the world misbehaved. The code is a promise for ever, the text is not.
 * Made with `fail`; nobody matches on the message.
 */
export class HyraxError extends Error {
  override readonly name = 'HyraxError'
  readonly code: ErrorCode
  readonly data: ErrorData

  constructor(code: ErrorCode, data: ErrorData = {}, options?: ErrorOptions) {
    super(describe(code, data).message, options)
    this.code = code
    this.data = data
  }

  /** What the person can do about it, or nothing. */
  get hint(): string | undefined {
    return describe(this.code, this.data).hint
  }

  /** The exit status of `ax` and `axd` for this code (`CLI.md` 9). */
  get exitStatus(): number {
    return errorCodes[this.code].exit
  }
}

/** A refusal: expected, a value and not a throw (policy, admission). */
export interface Refusal {
  readonly kind: 'refuse'
  readonly code: ErrorCode
  readonly data: ErrorData
}

/** `throw fail('ERR_X', { … })`. */
export function fail(code: ErrorCode, data: ErrorData = {}, options?: ErrorOptions): HyraxError {
  return new HyraxError(code, data, options)
}

/** A refusal as a value. */
export function refuse(code: ErrorCode, data: ErrorData = {}): Refusal {
  return { kind: 'refuse', code, data }
}

/** A bug of ours: something that cannot happen did. The daemon stops cleanly on it. */
export function bug(what: string): HyraxError {
  return new HyraxError('ERR_INTERNAL_ERROR', { what })
}

/** Makes a HyraxError of anything that was thrown; foreign errors become `code` with the original as cause. */
export function asHyraxError(
  thrown: unknown,
  code: ErrorCode = 'ERR_INTERNAL_ERROR',
  data: ErrorData = {},
): HyraxError {
  if (thrown instanceof HyraxError) return thrown
  const what = thrown instanceof Error ? thrown.message : String(thrown)
  return new HyraxError(code, { what, ...data }, { cause: thrown })
}

/** Message and hint of a code with its placeholders filled: `{name}` in the text is `data.name`. */
export function describe(code: ErrorCode, data: ErrorData): { message: string; hint?: string } {
  const entry = errorCodes[code]
  const message = fill(entry.message, data)
  return entry.hint === undefined ? { message } : { message, hint: fill(entry.hint, data) }
}

/** True for a string that is one of our codes, as it arrives from a wire. */
export function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(errorCodes, text)
}

function fill(text: string, data: ErrorData): string {
  return text.replace(/\{([a-zA-Z]+)\}/g, (_, name: string) => {
    const value = Object.hasOwn(data, name) ? data[name] : undefined
    if (value === undefined) return '?'
    return typeof value === 'object' && value !== null ? value.join(', ') : String(value)
  })
}
