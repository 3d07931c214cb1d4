import { fail, HyraxError, type Log, type Randomness } from '../base/index.ts'
import { formatSwarmKey, parseSwarmKey } from '../codec/index.ts'
import { readSecretFile, readTextFile, writeFileAtomic } from '../files/index.ts'
import { generateSwarmKey, isPublishedSwarmKey, swarmKeyFingerprint } from '../keys/index.ts'
import type { DaemonOptions } from './options.ts'

/** The swarm key this run uses, and its file `<data-dir>/swarm.key`. */
export interface SwarmKeyFile {
  /** 32 bytes. A secret: it goes to the protector and to `swarms.export`, nowhere else. */
  readonly key: Uint8Array
  /** 32 hex digits; stands for the key wherever people see it. */
  readonly fingerprint: string
  /** True for a key everybody has; the node runs with it only when told that this is a test. */
  readonly published: boolean
  /** Writes another key for the next start; gives its fingerprint. Fails with `ERR_SWARM_KEY_PUBLIC`. */
  replace(key: Uint8Array): Promise<string>
}

const keyFileBytesMax = 4_096

/**
 * The key of `--swarm-key-file`, else of the data directory, else a fresh one; says what it made. A key that was given
 * by file is kept in the data directory, so that the next start without the option joins the same swarm. `joined` is the
 * key of a join line, `expected` the fingerprint it names; another key fails with `ERR_SWARM_WRONG_KEY`, nothing written.
 * Fails with `ERR_SWARM_KEY_FORMAT`, `ERR_SWARM_KEY_PUBLIC`, `ERR_FILES_MODE`, `ERR_PATH_INVALID`.
 */
export async function openSwarmKeyFile(
  options: DaemonOptions,
  ports: { random: Randomness; say: (line: string) => void; log: Log; joined?: Uint8Array; expected?: string },
): Promise<SwarmKeyFile> {
  const path = `${options.dataDirectory}/swarm.key`
  const kept = await readKey(path, true)
  const given = options.swarmKeyFile === undefined ? ports.joined : await readKey(options.swarmKeyFile, false)
  const key = given ?? kept ?? generateSwarmKey(ports.random)
  if (ports.expected !== undefined && ports.expected !== swarmKeyFingerprint(key)) {
    const what = `The join line is for ${ports.expected}: give that key with --swarm-key-file.`
    throw fail('ERR_SWARM_WRONG_KEY', { fingerprint: swarmKeyFingerprint(key), what })
  }
  const published = checkPublished(key, options.allowPublishedSwarmKey)
  if (kept === undefined) {
    await write(path, key)
    ports.say(given === undefined ? `Made a new swarm key: ${path}` : `Kept the swarm key in ${path}`)
  } else if (given !== undefined && swarmKeyFingerprint(kept) !== swarmKeyFingerprint(given)) {
    ports.say(`Note: --swarm-key-file is another key than ${path}; this run uses the one given.`)
  }
  if (published)
    ports.log.warn('the swarm key is published: everybody has it', { fingerprint: swarmKeyFingerprint(key) })
  return {
    key,
    fingerprint: swarmKeyFingerprint(key),
    published,
    async replace(next) {
      checkPublished(next, options.allowPublishedSwarmKey)
      await write(path, next)
      return swarmKeyFingerprint(next)
    },
  }
}

async function readKey(path: string, mayBeMissing: boolean): Promise<Uint8Array | undefined> {
  try {
    return parseSwarmKey(await readSecretFile(path, { bytesMax: keyFileBytesMax }))
  } catch (error) {
    const code = error instanceof HyraxError ? error.code : undefined
    if (mayBeMissing && code === 'ERR_PATH_INVALID') return undefined
    const open = code === 'ERR_FILES_MODE' ? await readPublished(path) : undefined
    if (open === undefined) throw error
    return open
  }
}

/** A key that everybody has, as in `swarm-key.example`, is no secret: its file may be readable by others. */
async function readPublished(path: string): Promise<Uint8Array | undefined> {
  const text = await readTextFile(path, { bytesMax: keyFileBytesMax })
  const key = text === undefined ? undefined : parseSwarmKey(text)
  return key !== undefined && isPublishedSwarmKey(key) ? key : undefined
}

function checkPublished(key: Uint8Array, allowed: boolean): boolean {
  const published = isPublishedSwarmKey(key)
  if (published && !allowed) throw fail('ERR_SWARM_KEY_PUBLIC')
  return published
}

async function write(path: string, key: Uint8Array): Promise<void> {
  await writeFileAtomic(path, formatSwarmKey(key, 'file'), { mode: 0o600, overwrite: true })
}
