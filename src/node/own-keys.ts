import type { Randomness } from '../base/index.ts'
import {
  createSecretFile,
  ensurePrivateDirectory,
  readSecretFile,
  readTextFile,
  writeFileAtomic,
} from '../files/index.ts'
import {
  describeKeyFile,
  formatPublicKeyFile,
  formatUnlockedKeyFile,
  generateBoxKey,
  generateIdentity,
  lockKeyFile,
  openKeyFile,
  type BoxKeyPair,
  type Identity,
  type KeyPair,
} from '../keys/index.ts'
import type { DaemonOptions } from './options.ts'
import { askPassphrase, readPassphraseFile } from './passphrase.ts'

/** The keys of a node: its identity, and its device's signing and encryption keys for teams. */
export interface OwnKeys {
  readonly identity: Identity
  readonly signing: Identity
  readonly encryption: BoxKeyPair
}

export interface OwnKeysParts {
  readonly random: Randomness
  readonly say: (line: string) => void
}

const keyFileBytesMax = 16_384

/**
 * Reads `<data-dir>/keys/{node,signing,encryption}.key`, or makes what is missing and says so: locked where a passphrase
 * is given, else unlocked with mode 0600, which is said as well.
 * Fails with `ERR_FILES_MODE`, `ERR_KEYS_FILE`, `ERR_KEYS_LOCKED`, `ERR_KEYS_PASSWORD`, `ERR_KEYS_MISMATCH`.
 */
export async function openOwnKeys(options: DaemonOptions, parts: OwnKeysParts): Promise<OwnKeys> {
  await ensurePrivateDirectory(keysDirectory(options))
  const passphrase = await passphraseFor(options)
  try {
    const open = async (name: string, kind: KeyPair['kind'], make: () => KeyPair): Promise<KeyPair> =>
      (await read(options, name, kind, passphrase)) ?? (await write(options, name, make(), passphrase, parts))
    const fresh = () => generateIdentity(parts.random)
    return {
      identity: (await open('node', 'ed25519', fresh)) as Identity,
      signing: (await open('signing', 'ed25519', fresh)) as Identity,
      encryption: (await open('encryption', 'x25519', () => generateBoxKey(parts.random))) as BoxKeyPair,
    }
  } finally {
    passphrase?.fill(0)
  }
}

/** The node's identity if it has one; makes nothing. */
export async function readOwnIdentity(options: DaemonOptions): Promise<Identity | undefined> {
  const passphrase = await passphraseFor(options)
  return (await read(options, 'node', 'ed25519', passphrase)) as Identity | undefined
}

function keysDirectory(options: DaemonOptions): string {
  return `${options.dataDirectory}/keys`
}

async function read(
  options: DaemonOptions,
  name: string,
  kind: KeyPair['kind'],
  password: Uint8Array | undefined,
): Promise<KeyPair | undefined> {
  const path = `${keysDirectory(options)}/${name}.key`
  const text = await textOf(path)
  if (text === undefined) return undefined
  const publicText = await readTextFile(`${keysDirectory(options)}/${name}.pub`)
  return openKeyFile(text, {
    path,
    kind,
    ...(password === undefined ? {} : { password }),
    ...(publicText === undefined ? {} : { publicText }),
  })
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return new TextDecoder().decode(await readSecretFile(path, { bytesMax: keyFileBytesMax }))
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_PATH_INVALID') return undefined
    throw error
  }
}

async function write(
  options: DaemonOptions,
  name: string,
  secret: KeyPair,
  password: Uint8Array | undefined,
  { random, say }: OwnKeysParts,
): Promise<KeyPair> {
  const path = `${keysDirectory(options)}/${name}.key`
  const locked = password !== undefined
  await createSecretFile(path, locked ? await lockKeyFile({ secret, password, random }) : formatUnlockedKeyFile(secret))
  await writeFileAtomic(`${keysDirectory(options)}/${name}.pub`, formatPublicKeyFile(secret), {
    mode: 0o644,
    overwrite: true,
  })
  say(`Made a new ${name} key: ${path} (${locked ? 'locked' : 'unlocked: whoever reads the file has the key'})`)
  return secret
}

/** The passphrase given by file, or asked for where the node key is locked and there is a terminal. */
async function passphraseFor(options: DaemonOptions): Promise<Uint8Array | undefined> {
  if (options.passphraseFile !== undefined) return readPassphraseFile(options.passphraseFile)
  const path = `${keysDirectory(options)}/node.key`
  const text = await textOf(path)
  if (text === undefined || !describeKeyFile(text, path).locked) return undefined
  return askPassphrase(`Passphrase for ${path}: `)
}
