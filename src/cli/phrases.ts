import { asHyraxError } from '../base/index.ts'

/** ISO 8601 to the second. */
export function shortTime(time: string): string {
  return time.replace(/\.\d+Z$/, 'Z')
}

/** `1 peer`, `2 peers`. */
export function count(number: number, noun: string): string {
  return `${String(number)} ${noun}${number === 1 ? '' : 's'}`
}

/** A failure in one cell. */
export function failureText(error: unknown): string {
  const { code, message } = asHyraxError(error)
  return `${code}: ${message.split('\n')[0] ?? ''}`
}

/** `3 d 4 h`, `5 min`, `12 s`. */
export function duration(ms: number): string {
  const seconds = Math.floor(ms / 1000)
  if (seconds < 60) return `${String(seconds)} s`
  if (seconds < 3600) return `${String(Math.floor(seconds / 60))} min`
  if (seconds < 86_400)
    return `${String(Math.floor(seconds / 3600))} h ${String(Math.floor((seconds % 3600) / 60))} min`
  return `${String(Math.floor(seconds / 86_400))} d ${String(Math.floor((seconds % 86_400) / 3600))} h`
}

/** The seed's sentence, to the byte, then the object (`CLI.md` 7). */
export function replacedText(changed: { readonly scope: string; readonly text: string }): string {
  return `Successfully replaced settings at ${changed.scope}. Created object with defaults:\n${changed.text}`
}
