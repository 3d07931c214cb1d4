import { fail } from '../base/index.ts'
import { fromBase32Lower, toBase32Lower } from './base-n.ts'
import { copyBytes, fromHex, toHex } from './bytes.ts'

const prefixes = { team: 'team_b', dev: 'dev_b', cmd: 'cmd_b', inv: 'inv_b' } as const

/** What an id names: a team, a device, a command or an invite. */
export type IdKind = keyof typeof prefixes

/** How an id is written (`TEAM.md`, SerializeId). */
export type IdScheme = 'raw' | 'base32' | 'hex'

/** `team_b…`, `dev_b…`, `cmd_b…` or `inv_b…`: the kind and multibase base32, lower case, of the 32 bytes. */
export function idText(kind: IdKind, bytes: Uint8Array): string {
  return prefixes[kind] + toBase32Lower(wholeId(bytes))
}

/** The 32 bytes of an id text. Another kind, another alphabet or length: `ERR_CODEC_TEXT`. */
export function parseId(kind: IdKind, text: string): Uint8Array {
  const what = `Id of kind ${kind}`
  const prefix = prefixes[kind]
  if (!text.startsWith(prefix)) throw fail('ERR_CODEC_TEXT', { what, why: `it does not begin with ${prefix}` })
  return wholeId(fromBase32Lower(text.slice(prefix.length), what))
}

/** True where the text has the prefix of the kind; says nothing of the rest. */
export function looksLikeId(kind: IdKind, text: string): boolean {
  return text.startsWith(prefixes[kind])
}

/** SerializeId: an id of 32 bytes in a scheme. */
export function formatId(scheme: 'raw', kind: IdKind, bytes: Uint8Array): Uint8Array
export function formatId(scheme: 'base32' | 'hex', kind: IdKind, bytes: Uint8Array): string
export function formatId(scheme: IdScheme, kind: IdKind, bytes: Uint8Array): string | Uint8Array
export function formatId(scheme: IdScheme, kind: IdKind, bytes: Uint8Array): string | Uint8Array {
  if (scheme === 'raw') return copyBytes(wholeId(bytes))
  return scheme === 'hex' ? toHex(wholeId(bytes)) : idText(kind, bytes)
}

/** DeserializeId: the 32 bytes, or `ERR_CODEC_TEXT`. */
export function readId(scheme: IdScheme, kind: IdKind, input: string | Uint8Array): Uint8Array {
  const fits = (scheme === 'raw') === (typeof input !== 'string')
  if (!fits) throw fail('ERR_CODEC_TEXT', { what: `Id of kind ${kind}`, why: `it is not in the scheme ${scheme}` })
  if (typeof input !== 'string') return copyBytes(wholeId(input))
  return scheme === 'hex' ? wholeId(fromHex(input)) : parseId(kind, input)
}

function wholeId(bytes: Uint8Array): Uint8Array {
  if (bytes.length !== 32) throw fail('ERR_CODEC_TEXT', { what: 'Id', why: `${bytes.length} bytes, 32 expected` })
  return bytes
}
