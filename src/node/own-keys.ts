import { ensurePrivateDirectory } from '../files/index.ts'
import { generateIdentity, systemRandom, type Identity } from '../keys/index.ts'
import { createKeyFiles, type KeyFilesParts } from './key-files.ts'
import { openKeyRing, type KeyRing, type KeyRingParts } from './key-ring.ts'
import type { DaemonOptions } from './options.ts'

/** The keys of a node: its identity, and its device's signing and encryption keys for teams. */
export interface OwnKeys {
  readonly identity: Identity
  readonly ring: KeyRing
}

export type OwnKeysParts = KeyFilesParts & KeyRingParts

/**
 * Reads `<data-dir>/keys/{node,signing,encryption}.key` and the further keys that `ring.json` names, or makes what is
 * missing and says so: locked where a passphrase is given, else unlocked with mode 0600, which is said as well.
 * Fails with `ERR_FILES_MODE`, `ERR_KEYS_FILE`, `ERR_KEYS_LOCKED`, `ERR_KEYS_PASSWORD`, `ERR_KEYS_MISMATCH`.
 */
export async function openOwnKeys(options: DaemonOptions, parts: OwnKeysParts): Promise<OwnKeys> {
  const files = createKeyFiles(options, parts)
  await ensurePrivateDirectory(files.directory)
  const passphrase = await files.passphrase()
  try {
    let identity = await files.read('node', 'ed25519', passphrase)
    if (identity === undefined) {
      identity = generateIdentity(parts.random)
      await files.write('node', identity, passphrase)
    }
    return { identity: identity as Identity, ring: await openKeyRing(files, passphrase, parts) }
  } finally {
    passphrase?.fill(0)
  }
}

/** The node's identity if it has one; makes nothing. */
export async function readOwnIdentity(options: DaemonOptions): Promise<Identity | undefined> {
  const files = createKeyFiles(options, { random: systemRandom, say: () => undefined })
  return (await files.read('node', 'ed25519', await files.passphrase())) as Identity | undefined
}
