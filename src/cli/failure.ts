import { asHyraxError, describe, HyraxError, type ErrorCode, type ErrorData } from '../base/index.ts'
import type { OutputFormat } from './global-options.ts'
import { safeJson, safeText } from './safe-text.ts'
import type { Terminal } from './terminal.ts'

const hints = new WeakMap<HyraxError, string>()
const preambles = new WeakMap<HyraxError, string>()

/** The same error with a hint that fits what was asked better than the table's. */
export function withHint(error: HyraxError, hint: string): HyraxError {
  hints.set(error, hint)
  return error
}

/** The same error with a block of text before its line. */
export function withPreamble(error: HyraxError, preamble: string): HyraxError {
  preambles.set(error, preamble)
  return error
}

/** True for a failure with this code. */
export function isCode(error: unknown, code: ErrorCode): error is HyraxError {
  return error instanceof HyraxError && error.code === code
}

/** Prints a failure as `CLI.md` 9 says and gives the exit status. */
export function printFailure(thrown: unknown, output: OutputFormat, terminal: Terminal, color: boolean): number {
  const error = asHyraxError(thrown)
  if (output === 'json' || output === 'jsonl') {
    terminal.writeOut(`${safeJson(envelope(error))}\n`)
    return error.exitStatus
  }
  const preamble = preambles.get(error)
  if (preamble !== undefined) terminal.writeError(`${safeText(preamble)}\n`)
  const word = color ? '\u001b[31mError:\u001b[39m' : 'Error:'
  terminal.writeError(`[${error.code}] ${word} ${safeText(error.message)}\n`)
  const hint = hintOf(error)
  if (hint !== undefined) terminal.writeError(`Hint: ${safeText(hint)}\n`)
  return error.exitStatus
}

function envelope(error: HyraxError): Record<string, unknown> {
  const hint = hintOf(error)
  const data: ErrorData = error.data
  return {
    code: error.code,
    message: error.message,
    ...(hint === undefined ? {} : { hint }),
    ...(Object.keys(data).length === 0 ? {} : { data }),
  }
}

/** A hint whose placeholder nobody filled says nothing. */
function hintOf(error: HyraxError): string | undefined {
  const hint = hints.get(error) ?? describe(error.code, error.data).hint
  return hint === undefined || hint === '' || hint === '?' ? undefined : hint
}
