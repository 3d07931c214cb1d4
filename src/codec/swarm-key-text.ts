import { fail, HyraxError } from '../base/index.ts'
import { fromBase64, toBase64 } from './base-n.ts'
import { copyBytes, fromHex, fromUtf8, toHex, utf8 } from './bytes.ts'

const header = '/key/swarm/psk/1.0.0/'

/** How a swarm key is written: the `swarm.key` file, base64 of that file, or base64 of the 32 bytes. */
export type SwarmKeyForm = 'file' | 'file-base64' | 'base64'

/** One of the three texts of `FORMATS.md` 2 of a 32-byte swarm key: 96, 128 or 44 characters. A secret. */
export function formatSwarmKey(key: Uint8Array, form: SwarmKeyForm): string {
  if (key.length !== 32) throw notASwarmKey(`${key.length} bytes, 32 expected`)
  if (form === 'base64') return toBase64(key)
  const file = `${header}\n/base16/\n${toHex(key)}\n`
  return form === 'file' ? file : toBase64(utf8(file))
}

/**
 * The 32 bytes of a swarm key in any of its texts. Lenient where kubo is: CRLF, no last newline, upper-case hex,
 * the encodings `/base64/` and `/bin/`. Anything else: `ERR_SWARM_KEY_FORMAT`, which names the line, never the key.
 */
export function parseSwarmKey(input: string | Uint8Array): Uint8Array {
  const bytes = typeof input === 'string' ? asKeyError(() => utf8(input)) : input
  if (startsWithHeader(bytes)) return parseFile(bytes)
  const text = asKeyError(() => fromUtf8(bytes)).replace(/\r?\n$/, '')
  const decoded = asKeyError(() => fromBase64(text), 'it begins neither with a swarm key header nor is it base64')
  if (decoded.length === 32) return decoded
  if (startsWithHeader(decoded)) return parseFile(decoded)
  throw notASwarmKey(`base64 of ${decoded.length} bytes that are neither a key nor a key file`)
}

function parseFile(bytes: Uint8Array): Uint8Array {
  const first = nextLine(bytes, 0)
  if (first.text !== header) throw notASwarmKey(`line 1 is not ${header}`)
  const second = nextLine(bytes, first.end)
  const body = bytes.subarray(second.end)
  switch (second.text) {
    case '/base16/':
      return sized(
        asKeyError(() => fromHex(lastLine(body).toLowerCase()), 'line 3 is not hex'),
        'line 3',
      )
    case '/base64/':
      return sized(
        asKeyError(() => fromBase64(lastLine(body)), 'line 3 is not base64'),
        'line 3',
      )
    case '/bin/':
      return sized(copyBytes(body.subarray(0, body.length - newlineSize(body))), 'what follows line 2')
    default:
      throw notASwarmKey('line 2 is not /base16/, /base64/ or /bin/')
  }
}

function nextLine(bytes: Uint8Array, start: number): { text: string; end: number } {
  const newline = bytes.indexOf(0x0a, start)
  const end = newline < 0 ? bytes.length : newline
  // Longer than any line that is known: not decoded at all.
  if (end - start > 40) return { text: '', end: bytes.length }
  const line = asKeyError(() => fromUtf8(bytes.subarray(start, end)))
  return { text: line.replace(/\r$/, ''), end: Math.min(bytes.length, end + 1) }
}

function lastLine(body: Uint8Array): string {
  return fromUtf8(body).replace(/\r?\n$/, '')
}

/** Bytes of the newline that ends a raw key of 32 bytes, 0 if none does. */
function newlineSize(body: Uint8Array): number {
  if (body.length === 33 && body[32] === 0x0a) return 1
  return body.length === 34 && body[32] === 0x0d && body[33] === 0x0a ? 2 : 0
}

function startsWithHeader(bytes: Uint8Array): boolean {
  const start = utf8('/key/')
  return start.every((byte, index) => bytes[index] === byte)
}

function sized(key: Uint8Array, where: string): Uint8Array {
  if (key.length !== 32) throw notASwarmKey(`${where} holds ${key.length} bytes, 32 expected`)
  return key
}

function asKeyError<T>(read: () => T, why = 'it is not text'): T {
  try {
    return read()
  } catch (error) {
    // The cause could repeat characters of the key: it is not kept.
    if (error instanceof HyraxError) throw notASwarmKey(why)
    throw error
  }
}

function notASwarmKey(why: string): HyraxError {
  return fail('ERR_SWARM_KEY_FORMAT', { why })
}
