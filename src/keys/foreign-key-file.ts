import { fail } from '../base/index.ts'
import { equalBytes, fromBase64, nkeySeedText, parseNkey, type NkeyLetter } from '../codec/index.ts'
import { BoxKeyPair, Identity, wiping } from './identity.ts'
import type { KeyPair } from './key-file.ts'

const credentials = /^-----BEGIN USER NKEY SEED-----\r?\n([A-Z2-7]+)\r?\n-{3,6}END USER NKEY SEED-{3,6}\s*$/m

/**
 * The key pair of an nkey seed (`S…`), an nkey private key (`P…`), or the seed block of NATS credentials; one newline at
 * the end is fine. Fails with the codes of `parseNkey`, `ERR_KEYS_KIND` for a public key, `ERR_KEYS_MISMATCH` where the
 * halves of a private key do not belong together.
 */
export function openNkeyFile(text: string, path: string): { readonly pair: KeyPair; readonly letter?: NkeyLetter } {
  const nkey = parseNkey(credentials.exec(text)?.[1] ?? text.replace(/\r?\n$/, ''))
  return wiping(nkey.bytes, (bytes) => {
    if (nkey.kind === 'S') {
      const pair = nkey.seedOf === 'X' ? new BoxKeyPair(bytes) : new Identity(bytes)
      return nkey.seedOf === undefined ? { pair } : { pair, letter: nkey.seedOf }
    }
    if (nkey.kind !== 'P') throw fail('ERR_KEYS_KIND', { found: `public key ${nkey.kind}`, expected: 'seed' })
    const pair = new Identity(bytes.subarray(0, 32))
    if (!equalBytes(pair.publicKey, bytes.subarray(32))) throw fail('ERR_KEYS_MISMATCH', { path })
    return { pair }
  })
}

/** The text of a `.nk` file as `wash` and `nk` write it: the bare seed. Whoever reads it has the key. */
export function formatNkeyFile(secret: KeyPair, letter: NkeyLetter): string {
  if ((letter === 'X') !== (secret.kind === 'x25519')) {
    throw fail('ERR_KEYS_KIND', { found: secret.kind, expected: letter === 'X' ? 'x25519' : 'ed25519' })
  }
  const bytes = secret.kind === 'ed25519' ? Identity.seedOf(secret) : BoxKeyPair.scalarOf(secret)
  return wiping(bytes, () => nkeySeedText(letter, bytes))
}

/**
 * The identity of a private key as the ax family writes it: `0` and base64 of the seed, which looks like a public key.
 * Read where it was asked for by name only. `ERR_KEYS_FORMAT` or `ERR_CODEC_TEXT`; the text is never repeated.
 */
export function openAxPrivateKey(text: string): Identity {
  const line = text.replace(/\r?\n$/, '')
  if (!/^0.{44}$/.test(line)) throw fail('ERR_KEYS_FORMAT', { text: '…', why: 'it is not 0 and 44 characters' })
  const seed = fromBase64(line.slice(1), 'Private key')
  return wiping(seed, () => new Identity(seed))
}
