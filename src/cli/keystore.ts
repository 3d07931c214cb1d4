import { readdir, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { fail, HyraxError, limits } from '../base/index.ts'
import { fromUtf8 } from '../codec/index.ts'
import {
  createSecretFile,
  ensurePrivateDirectory,
  readSecretFile,
  readTextFile,
  withLockFile,
  writeFileAtomic,
} from '../files/index.ts'
import { formatPublicKeyFile, openKeyFile, type Identity, type KeyPair } from '../keys/index.ts'
import type { PassphraseSource } from './passphrase.ts'

/** A key pair of the keystore, by its public half. */
export interface StoredKey {
  readonly name: string
  /** File of the private half. */
  readonly path: string
  /** 1.1 text of an Ed25519 key, base64 of an X25519 one. */
  readonly publicText: string
  readonly kind: 'ed25519' | 'x25519'
}

/** The key pairs of the person at this terminal: `<name>.key` and `<name>.pub` in one private directory. */
export interface Keystore {
  readonly directory: string
  /** By name; empty where there is no directory. Reads public halves alone. */
  list(): Promise<readonly StoredKey[]>
  /** The key of that name. Fails with `ERR_USER_UNAUTHENTICATED`. */
  find(name: string): Promise<StoredKey>
  /** Text of the private half. Fails with `ERR_FILES_MODE`. */
  readPrivate(key: Pick<StoredKey, 'path'>): Promise<string>
  /** Writes both halves: the text of a key file, and the pair for its public half. Fails with `ERR_FILE_EXISTS`. */
  add(name: string, privateText: string, pair: KeyPair): Promise<StoredKey>
  /** Replaces the private half, the public one stays. */
  replacePrivate(key: StoredKey, privateText: string): Promise<void>
  remove(key: StoredKey): Promise<void>
}

const nameForm = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/

export function openKeystore(directory: string): Keystore {
  const pathOf = (name: string, ending: string) => join(directory, `${name}${ending}`)
  const list = async (): Promise<StoredKey[]> => {
    const names = (await namesIn(directory)).filter((name) => name.endsWith('.pub')).map((name) => name.slice(0, -4))
    const found = await Promise.all(
      names.sort().map((name) => readPublic(name, pathOf(name, '.pub'), pathOf(name, '.key'))),
    )
    return found.filter((key) => key !== undefined)
  }
  return {
    directory,
    list,
    async find(name) {
      const key = (await list()).find((one) => one.name === name)
      if (key === undefined) throw fail('ERR_USER_UNAUTHENTICATED', { what: `"${name}" in ${directory}` })
      return key
    },
    readPrivate: async (key) => fromUtf8(await readSecretFile(key.path, { bytesMax: limits.keyFileBytesMax })),
    async add(name, privateText, pair) {
      if (!nameForm.test(name)) {
        throw fail('ERR_INVALID_INPUT', {
          what: `"${name}" is no name of a key: letters, digits, dot, dash, underscore`,
        })
      }
      await ensurePrivateDirectory(directory)
      const path = pathOf(name, '.key')
      const publicText = formatPublicKeyFile(pair)
      // Both halves under the lock: who finds the private one there finds the public one that belongs to it.
      await withLockFile(pathOf(name, '.key'), async () => {
        await createSecretFile(path, privateText)
        await writeFileAtomic(pathOf(name, '.pub'), publicText, { mode: 0o644, overwrite: true })
      })
      return { name, path, publicText: publicText.trim(), kind: pair.kind }
    },
    replacePrivate: (key, text) => writeFileAtomic(key.path, text, { mode: 0o600, overwrite: true }),
    async remove(key) {
      try {
        await unlink(key.path)
        await unlink(pathOf(key.name, '.pub'))
      } catch (error) {
        throw fail('ERR_IO', { what: 'delete', path: key.path, cause: (error as Error).message }, { cause: error })
      }
    },
  }
}

/** Reads an identity from a key file, asking for its passphrase where it is locked. */
export async function openIdentity(
  text: string,
  key: Pick<StoredKey, 'path'> & Partial<StoredKey>,
  passphrase: PassphraseSource,
): Promise<Identity> {
  const opened = await openPair(text, key, passphrase)
  if (opened.kind !== 'ed25519') throw fail('ERR_KEYS_KIND', { found: 'X25519', expected: 'Ed25519' })
  return opened
}

/** The same for either kind of key; its public half must fit. */
export function openPair(
  text: string,
  { path, publicText }: Pick<StoredKey, 'path'> & Partial<StoredKey>,
  passphrase: PassphraseSource,
): Promise<KeyPair> {
  const options = { path, ...(publicText === undefined ? {} : { publicText }) }
  return passphrase.use(path, (password) =>
    openKeyFile(text, password === undefined ? options : { ...options, password }),
  )
}

async function namesIn(directory: string): Promise<string[]> {
  try {
    return await readdir(directory)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw fail('ERR_IO', { what: 'read', path: directory, cause: (error as Error).message }, { cause: error })
  }
}

/** A `.pub` that cannot be read hides one key, not all of them. */
async function readPublic(name: string, path: string, keyPath: string): Promise<StoredKey | undefined> {
  try {
    const publicText = (await readTextFile(path, { bytesMax: limits.commentBytesMax }))?.trim() ?? ''
    return /^[0-9A-Za-z+/]{43,44}=$/.test(publicText) && nameForm.test(name)
      ? { name, path: keyPath, publicText, kind: kindOf(publicText) }
      : undefined
  } catch (error) {
    if (error instanceof HyraxError) return undefined
    throw error
  }
}

function kindOf(publicText: string): 'ed25519' | 'x25519' {
  return publicText.length === 45 ? 'ed25519' : 'x25519'
}
