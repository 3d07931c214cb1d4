import { fail, type Randomness } from '../base/index.ts'
import { createSecretFile, readSecretFile, readTextFile, writeFileAtomic } from '../files/index.ts'
import {
  describeKeyFile,
  formatPublicKeyFile,
  formatUnlockedKeyFile,
  lockKeyFile,
  openKeyFile,
  type KeyPair,
} from '../keys/index.ts'
import type { DaemonOptions } from './options.ts'
import { askPassphrase, readPassphraseFile } from './passphrase.ts'

const keyFileBytesMax = 16_384

/** The key files of a node, `<data-dir>/keys/<name>.key` and `.pub`: all locked with one passphrase, or none. */
export interface KeyFiles {
  readonly directory: string
  /** The text of a file there; undefined where there is none. Refused where others can read it. */
  text(name: string): Promise<string | undefined>
  read(name: string, kind: KeyPair['kind'], passphrase: Uint8Array | undefined): Promise<KeyPair | undefined>
  /** Writes a new one, locked where there is a passphrase. Says what it made. */
  write(name: string, secret: KeyPair, passphrase: Uint8Array | undefined): Promise<void>
  /** The passphrase given by file, or asked for where the node key is locked and there is a terminal. */
  passphrase(): Promise<Uint8Array | undefined>
  /**
   * The passphrase for a key made while the node runs. It is not kept in memory: it is read again from its file.
   * ERR_KEYS_LOCKED where the node key is locked and the passphrase was typed.
   */
  passphraseAgain(): Promise<Uint8Array | undefined>
}

export interface KeyFilesParts {
  readonly random: Randomness
  readonly say: (line: string) => void
}

export function createKeyFiles(options: DaemonOptions, { random, say }: KeyFilesParts): KeyFiles {
  const directory = `${options.dataDirectory}/keys`
  const text = (name: string): Promise<string | undefined> => textOf(`${directory}/${name}`)
  const nodeKeyIsLocked = async (): Promise<boolean> => {
    const path = `${directory}/node.key`
    const found = await textOf(path)
    return found !== undefined && describeKeyFile(found, path).locked
  }
  return {
    directory,
    text,
    async read(name, kind, password) {
      const path = `${directory}/${name}.key`
      const found = await textOf(path)
      if (found === undefined) return undefined
      const publicText = await readTextFile(`${directory}/${name}.pub`)
      return openKeyFile(found, {
        path,
        kind,
        ...(password === undefined ? {} : { password }),
        ...(publicText === undefined ? {} : { publicText }),
      })
    },
    async write(name, secret, password) {
      const path = `${directory}/${name}.key`
      const locked = password !== undefined
      const body = locked ? await lockKeyFile({ secret, password, random }) : formatUnlockedKeyFile(secret)
      await createSecretFile(path, body)
      const publicText = formatPublicKeyFile(secret)
      await writeFileAtomic(`${directory}/${name}.pub`, publicText, { mode: 0o644, overwrite: true })
      say(`Made a new ${name} key: ${path} (${locked ? 'locked' : 'unlocked: whoever reads the file has the key'})`)
    },
    async passphrase() {
      if (options.passphraseFile !== undefined) return readPassphraseFile(options.passphraseFile)
      return (await nodeKeyIsLocked()) ? askPassphrase(`Passphrase for ${directory}/node.key: `) : undefined
    },
    async passphraseAgain() {
      if (options.passphraseFile !== undefined) return readPassphraseFile(options.passphraseFile)
      if (await nodeKeyIsLocked()) throw fail('ERR_KEYS_LOCKED', { path: `${directory}/node.key` })
      return undefined
    },
  }
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return new TextDecoder().decode(await readSecretFile(path, { bytesMax: keyFileBytesMax }))
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_PATH_INVALID') return undefined
    throw error
  }
}
