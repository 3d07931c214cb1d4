import { fail } from '../base/index.ts'
import { fromBase64 } from './base-n.ts'
import { concatBytes, equalBytes, utf8 } from './bytes.ts'
import { printable } from './printable.ts'

const typeName = 'ssh-ed25519'

/** The blob of OpenSSH: `u32 11 ‖ "ssh-ed25519" ‖ u32 32 ‖ pk`, 51 bytes. */
export function openSshBlob(pk: Uint8Array): Uint8Array {
  return concatBytes(Uint8Array.of(0, 0, 0, 11), utf8(typeName), Uint8Array.of(0, 0, 0, 32), pk)
}

/**
 * `ssh-ed25519 <base64 blob> [comment]`, as in a `.pub` file (`FORMATS.md` 1.7). Another key type: `ERR_KEYS_KIND`;
 * not such a line: `ERR_KEYS_FORMAT`; bad base64: `ERR_CODEC_TEXT`. Form only: no point check.
 */
export function parseOpenSshLine(text: string): { readonly pk: Uint8Array; readonly comment?: string } {
  const parts = /^(\S+)[ \t]+(\S+)(?:[ \t]+(.*?))?[ \t]*$/.exec(text)
  const type = parts?.[1] ?? ''
  if (!/^(ssh|ecdsa|sk)-[a-z0-9@.-]+$/.test(type)) {
    throw fail('ERR_KEYS_FORMAT', { text: printable(text, 12), why: 'it is no OpenSSH public key line' })
  }
  if (type !== typeName) throw fail('ERR_KEYS_KIND', { found: printable(type, 40), expected: typeName })
  const blob = fromBase64(parts?.[2] ?? '', 'OpenSSH key')
  const pk = blob.slice(19)
  if (pk.length !== 32 || !equalBytes(blob, openSshBlob(pk))) {
    throw fail('ERR_KEYS_FORMAT', { text: typeName, why: 'its blob holds no Ed25519 key' })
  }
  const comment = parts?.[3]
  return comment === undefined || comment === '' ? { pk } : { pk, comment }
}
