import { fail, limits } from '../base/index.ts'
import { fromUtf8 } from '../codec/index.ts'
import { readSecretFile } from '../files/index.ts'
import { formatUnlockedKeyFile, generateIdentity, systemRandom, type Identity } from '../keys/index.ts'
import { isCode } from './failure.ts'
import type { Settled } from './global-options.ts'
import { openIdentity, type Keystore } from './keystore.ts'
import type { PassphraseSource } from './passphrase.ts'
import type { Terminal } from './terminal.ts'

/** Name of the key pair that is made on first use. */
export const defaultKeyName = 'default'

export interface IdentityParts {
  readonly keystore: Keystore
  readonly passphrase: PassphraseSource
  readonly terminal: Terminal
}

/**
 * The identity that a command speaks with: `-i FILE|NAME`, AX_IDENTITY, or the default key, which is made on first use
 * and announced in the seed's words. Fails with `ERR_USER_UNAUTHENTICATED`, `ERR_PATH_INVALID` or a code of key files.
 */
export async function ownIdentity(parts: IdentityParts, settled: Settled): Promise<Identity> {
  const { keystore, passphrase } = parts
  if (settled.identity !== undefined && isPath(settled.identity)) {
    const path = settled.identity
    return openIdentity(
      fromUtf8(await readSecretFile(path, { bytesMax: limits.keyFileBytesMax })),
      { path },
      passphrase,
    )
  }
  const named = settled.identity === undefined ? await defaultKey(keystore) : await keystore.find(settled.identity)
  if (named === undefined) return firstIdentity(parts)
  return openIdentity(await keystore.readPrivate(named), named, passphrase)
}

function isPath(typed: string): boolean {
  return typed.includes('/') || typed.endsWith('.key')
}

/** The only key, or the one named `default`; nothing where there is none at all. */
async function defaultKey(keystore: Keystore) {
  const keys = (await keystore.list()).filter(({ kind }) => kind === 'ed25519')
  const [only] = keys
  if (keys.length <= 1) return only
  const found = keys.find(({ name }) => name === defaultKeyName)
  if (found !== undefined) return found
  const names = keys.map(({ name }) => name).join(', ')
  throw fail('ERR_USER_UNAUTHENTICATED', {
    what: `several, none of them named ${defaultKeyName} (${names}); choose with -i`,
  })
}

async function firstIdentity({ keystore, terminal, passphrase }: IdentityParts): Promise<Identity> {
  const identity = generateIdentity(systemRandom)
  try {
    await keystore.add(defaultKeyName, formatUnlockedKeyFile(identity), identity)
  } catch (error) {
    // Another ax made it in this very moment.
    const other = isCode(error, 'ERR_FILE_EXISTS') ? await defaultKey(keystore) : undefined
    if (other === undefined) throw error
    return openIdentity(await keystore.readPrivate(other), other, passphrase)
  }
  const where = `at location ${keystore.directory}`
  terminal.writeError(`No local key pair found, generated one ("${identity.axKey}") ${where}\n`)
  return identity
}
