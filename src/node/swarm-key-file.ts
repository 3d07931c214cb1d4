import { fail, HyraxError, limits, type Log, type Randomness } from '../base/index.ts'
import { formatSwarmKey, parseSwarmKey } from '../codec/index.ts'
import { readSecretFile, readTextFile, writeFileAtomic } from '../files/index.ts'
import { generateSwarmKey, isPublishedSwarmKey, swarmKeyFingerprint } from '../keys/index.ts'
import type { DaemonOptions } from './options.ts'

/**
 * The swarm keys of this run: `<data-dir>/swarm.key` holds the one that is dialled with, `<data-dir>/swarm-ring` those that
 * are accepted beside it while a key is rotated, and the fingerprints of those that were retired.
 */
export interface SwarmKeyFile {
  /** 32 bytes, the newest. A secret: it goes to the protector and to `swarms.export`, nowhere else. */
  readonly key: Uint8Array
  /** 32 hex digits; stands for the key wherever people see it. */
  readonly fingerprint: string
  /** True for a key everybody has; the node runs with it only when told that this is a test. */
  readonly published: boolean
  /** All that are accepted, the newest first; at most `limits.swarmKeysMax`. */
  readonly keys: readonly Uint8Array[]
  /** True for a key that was retired here. */
  isRetired(fingerprint: string): boolean
  /** Fingerprints of the keys that a team gave, to that team's id; those that came by hand are not in it. */
  readonly givenBy: ReadonlyMap<string, string>
  /** Writes another key for the next start, alone; gives its fingerprint. Fails with `ERR_SWARM_KEY_PUBLIC`. */
  replace(key: Uint8Array): Promise<string>
  /**
   * This key comes first from now on, those before are accepted beside it; durable when it resolves. False where it is
   * first already. `team`: the id of the team that gave it, where the node had it not before.
   * Fails with `ERR_SWARM_KEY_PUBLIC`, and `ERR_INVALID_NODE_STATE` after `replace`.
   */
  turn(key: Uint8Array, team?: string): Promise<boolean>
  /** That key is accepted no longer; false where it is none of ours. `ERR_INVALID_NODE_STATE` for the newest. */
  retire(fingerprint: string): Promise<boolean>
}

export interface SwarmKeyPorts {
  readonly random: Randomness
  readonly say: (line: string) => void
  readonly log: Log
  /** The key of a join line. */
  readonly joined?: Uint8Array
  /** The fingerprint that the join line names. */
  readonly expected?: string
}

const keyFileBytesMax = 4_096
const ringFileBytesMax = 65_536

/**
 * The key of `--swarm-key-file`, else of the data directory, else a fresh one; says what it made. A key that was given
 * by file is kept in the data directory, so that the next start without the option joins the same swarm; one that the
 * node has turned away from since does not come back by that option. `joined` is the key of a join line, `expected` the
 * fingerprint it names; another key fails with `ERR_SWARM_WRONG_KEY`, nothing written.
 * Fails with `ERR_SWARM_KEY_FORMAT`, `ERR_SWARM_KEY_PUBLIC`, `ERR_FILES_MODE`, `ERR_PATH_INVALID`.
 */
export async function openSwarmKeyFile(options: DaemonOptions, ports: SwarmKeyPorts): Promise<SwarmKeyFile> {
  const path = `${options.dataDirectory}/swarm.key`
  const ringPath = `${options.dataDirectory}/swarm-ring`
  const kept = await readKey(path, true)
  const given = options.swarmKeyFile === undefined ? ports.joined : await readKey(options.swarmKeyFile, false)
  const ring = await readRing(ringPath)
  const key = chooseKey({ kept, given, ring }, path, ports)
  if (ports.expected !== undefined && ports.expected !== swarmKeyFingerprint(key)) {
    const what = `The join line is for ${ports.expected}: give that key with --swarm-key-file.`
    throw fail('ERR_SWARM_WRONG_KEY', { fingerprint: swarmKeyFingerprint(key), what })
  }
  const published = checkPublished(key, options.allowPublishedSwarmKey)
  if (kept === undefined) {
    await write(path, key)
    ports.say(given === undefined ? `Made a new swarm key: ${path}` : `Kept the swarm key in ${path}`)
  }
  if (published)
    ports.log.warn('the swarm key is published: everybody has it', { fingerprint: swarmKeyFingerprint(key) })
  // Another key by option is another swarm: what is accepted beside the kept one does not belong there.
  const isKept = kept === undefined || isSame(kept, key)
  return new KeyFile({ path, ringPath, allowPublished: options.allowPublishedSwarmKey }, key, isKept ? ring : noRing)
}

/** What stands beside the newest key. */
export interface Ring {
  readonly accepted: readonly Uint8Array[]
  readonly retired: ReadonlySet<string>
  readonly givenBy: ReadonlyMap<string, string>
}

const noRing: Ring = { accepted: [], retired: new Set(), givenBy: new Map() }

function chooseKey(
  found: { readonly kept: Uint8Array | undefined; readonly given: Uint8Array | undefined; readonly ring: Ring },
  path: string,
  { random, say }: SwarmKeyPorts,
): Uint8Array {
  const { kept, given, ring } = found
  if (kept === undefined || given === undefined) return given ?? kept ?? generateSwarmKey(random)
  if (isSame(kept, given)) return kept
  if (ring.retired.has(swarmKeyFingerprint(given))) {
    say(`Note: --swarm-key-file is a key that was retired here; this run uses ${path}.`)
    return kept
  }
  if (ring.accepted.some((known) => isSame(known, given))) {
    say(`Note: --swarm-key-file is an older key; this run uses ${path} and still accepts the older one.`)
    return kept
  }
  say(`Note: --swarm-key-file is another key than ${path}; this run uses the one given.`)
  return given
}

class KeyFile implements SwarmKeyFile {
  readonly #files: { readonly path: string; readonly ringPath: string; readonly allowPublished: boolean }
  #keys: readonly Uint8Array[]
  #retired: ReadonlySet<string>
  #givenBy: ReadonlyMap<string, string>
  #isReplaced = false
  #queue: Promise<unknown> = Promise.resolve()

  constructor(files: { path: string; ringPath: string; allowPublished: boolean }, key: Uint8Array, ring: Ring) {
    this.#files = files
    this.#keys = [key, ...ring.accepted.filter((known) => !isSame(known, key))]
    this.#retired = ring.retired
    this.#givenBy = ring.givenBy
  }

  get key(): Uint8Array {
    return this.#keys[0] as Uint8Array
  }

  get fingerprint(): string {
    return swarmKeyFingerprint(this.key)
  }

  get published(): boolean {
    return isPublishedSwarmKey(this.key)
  }

  get keys(): readonly Uint8Array[] {
    return this.#keys
  }

  isRetired(fingerprint: string): boolean {
    return this.#retired.has(fingerprint)
  }

  get givenBy(): ReadonlyMap<string, string> {
    return this.#givenBy
  }

  replace(next: Uint8Array): Promise<string> {
    return this.#inTurn(async () => {
      checkPublished(next, this.#files.allowPublished)
      // The ring first: after a crash between the two the old key stands alone, as it did.
      await writeRing(this.#files.ringPath, noRing)
      await write(this.#files.path, next)
      this.#isReplaced = true
      return swarmKeyFingerprint(next)
    })
  }

  turn(next: Uint8Array, team?: string): Promise<boolean> {
    return this.#inTurn(async () => {
      if (isSame(next, this.key)) return false
      checkPublished(next, this.#files.allowPublished)
      const before = this.#keys.filter((known) => !isSame(known, next))
      const fingerprint = swarmKeyFingerprint(next)
      const retired = new Set(this.#retired)
      retired.delete(fingerprint)
      const isNew = before.length === this.#keys.length
      const givenBy = new Map(this.#givenBy)
      if (isNew && team !== undefined) givenBy.set(fingerprint, team)
      // What is accepted beside the new key is on the disk before the new key stands in place of it.
      await this.#write([next, ...before].slice(0, limits.swarmKeysMax), { retired, givenBy })
      return true
    })
  }

  retire(fingerprint: string): Promise<boolean> {
    return this.#inTurn(async () => {
      const kept = this.#keys.filter((known) => swarmKeyFingerprint(known) !== fingerprint)
      if (kept.length === this.#keys.length) return false
      if (kept.length === 0 || fingerprint === this.fingerprint)
        throw fail('ERR_INVALID_NODE_STATE', { what: 'that is the newest swarm key of this node: rotate it first' })
      const retired = new Set([...this.#retired, fingerprint].slice(-retiredMax))
      await this.#write(kept, { retired, givenBy: this.#givenBy })
      return true
    })
  }

  async #write(keys: readonly Uint8Array[], { retired, givenBy }: Omit<Ring, 'accepted'>): Promise<void> {
    const [first] = keys
    const kept = new Set(keys.map(swarmKeyFingerprint))
    const given = new Map([...givenBy].filter(([fingerprint]) => kept.has(fingerprint)))
    if (this.#isReplaced || first === undefined)
      throw fail('ERR_INVALID_NODE_STATE', { what: 'another swarm key was imported: start the node again first' })
    await writeRing(this.#files.ringPath, { accepted: keys.slice(1), retired, givenBy: given })
    if (!isSame(first, this.key)) await write(this.#files.path, first)
    this.#keys = keys
    this.#retired = retired
    this.#givenBy = given
  }

  #inTurn<T>(run: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(run)
    this.#queue = result.catch(() => undefined)
    return result
  }
}

/** Fingerprints of retired keys that are remembered; the oldest are forgotten. */
const retiredMax = 256
const ringHeading =
  '# Swarm keys beside swarm.key, the newest first; those that were retired; which a team gave. Secret.'

/** Reads `swarm-ring`; where there is none, nothing is accepted beside the key. `ERR_SWARM_KEY_FORMAT`, `ERR_FILES_MODE`. */
export async function readRing(path: string): Promise<Ring> {
  const bytes = await readSecretFile(path, { bytesMax: ringFileBytesMax }).catch((error: unknown) => {
    if (error instanceof HyraxError && error.code === 'ERR_PATH_INVALID') return undefined
    throw error
  })
  if (bytes === undefined) return noRing
  const accepted: Uint8Array[] = []
  const retired = new Set<string>()
  const givenBy = new Map<string, string>()
  for (const line of new TextDecoder().decode(bytes).split('\n')) {
    if (line === '' || line.startsWith('#')) continue
    const [word, value = '', team, ...rest] = line.split(' ')
    const isFingerprint = /^[0-9a-f]{32}$/.test(value) && rest.length === 0
    if (word === 'accepted' && team === undefined) accepted.push(parseSwarmKey(value))
    else if (word === 'retired' && isFingerprint && team === undefined) retired.add(value)
    else if (word === 'given' && isFingerprint && team !== undefined) givenBy.set(value, team)
    else throw fail('ERR_SWARM_KEY_FORMAT', { why: `${path} has a line that is not one of accepted, retired, given` })
  }
  return { accepted: accepted.slice(0, limits.swarmKeysMax), retired, givenBy }
}

async function writeRing(path: string, { accepted, retired, givenBy }: Ring): Promise<void> {
  const lines = [
    ringHeading,
    ...accepted.map((key) => `accepted ${formatSwarmKey(key, 'base64')}`),
    ...[...retired].map((fingerprint) => `retired ${fingerprint}`),
    ...[...givenBy].map(([fingerprint, team]) => `given ${fingerprint} ${team}`),
  ]
  await writeFileAtomic(path, `${lines.join('\n')}\n`, { mode: 0o600, overwrite: true })
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return swarmKeyFingerprint(a) === swarmKeyFingerprint(b)
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
