import { fail, limits, type Randomness } from '../base/index.ts'
import { equalBytes, isJsonObject, parseJson, toHex, type JsonValue } from '../codec/index.ts'
import { writeFileAtomic } from '../files/index.ts'
import { generateBoxKey, generateIdentity, type BoxKeyPair, type Identity, type KeyPair } from '../keys/index.ts'
import type { KeyFiles } from './key-files.ts'

/** Active, or retired and kept for what was signed or sealed before. */
export type KeyState = 'active' | 'rotated' | 'compromised'

/** One key pair of this device. */
export interface RingKey<K extends KeyPair = KeyPair> {
  readonly pair: K
  /** When it was made, ms; for a key from before the ring, when the ring was. */
  readonly made: number
  readonly state: KeyState
}

/** The signing and encryption keys of this device, oldest first, and the sequence of its bundle. */
export interface KeyRing {
  /** Counts up with every change of what is active; durable before anything is announced under it. */
  readonly sequence: number
  readonly signing: readonly RingKey<Identity>[]
  readonly encryption: readonly RingKey<BoxKeyPair>[]
  /**
   * Makes one more key of each kind, beside the active ones, and counts up. ERR_TEAM_LIMIT where there are four already;
   * ERR_KEYS_LOCKED where the key files are locked and the passphrase is in no file.
   */
  add(): Promise<void>
  /** Counts up beyond a sequence that a team has heard of: the disk may be older than what was announced. */
  countBeyond(sequence: number): Promise<void>
  /** Marks a key as retired; its files stay, for what was sealed to it. False where it is none of ours, or retired. */
  retire(publicKey: Uint8Array, as: 'rotated' | 'compromised'): Promise<boolean>
}

/** The newest active key of a kind: what is signed with, or sealed to. A ring has one of each always. */
export function newestActive<K extends KeyPair>(keys: readonly RingKey<K>[]): K {
  const active = keys.findLast(({ state }) => state === 'active')
  if (active === undefined) throw fail('ERR_TEAM_LAST_KEY', { what: 'this device' })
  return active.pair
}

export interface KeyRingParts {
  readonly random: Randomness
  /** ms. */
  readonly now: () => number
}

interface Entry<K extends KeyPair = KeyPair> extends RingKey<K> {
  readonly name: string
}

/**
 * Opens `<data-dir>/keys/ring.json` and the keys it names; what is missing of signing and encryption keys is made. A key
 * whose file the operator deleted is forgotten. Fails as `openOwnKeys` does.
 */
export async function openKeyRing(
  files: KeyFiles,
  passphrase: Uint8Array | undefined,
  parts: KeyRingParts,
): Promise<KeyRing> {
  const kept = readRing(await files.text(ringName), `${files.directory}/${ringName}`)
  const ring = new FileRing(files, parts, kept?.sequence ?? 0)
  await ring.load(kept?.keys ?? firstKeys(parts.now()), passphrase)
  return ring
}

/** What `ring.json` says, without opening a key; undefined where there is none yet. ERR_KEYS_FILE, ERR_FILES_MODE. */
export async function checkKeyRing(files: KeyFiles): Promise<{ active: number; retired: number } | undefined> {
  const kept = readRing(await files.text(ringName), `${files.directory}/${ringName}`)
  if (kept === undefined) return undefined
  const active = kept.keys.filter(({ state }) => state === 'active').length
  return { active, retired: kept.keys.length - active }
}

const ringName = 'ring.json'
/** Names of the first keys, which are older than the ring. */
const firstNames = { ed25519: 'signing', x25519: 'encryption' } as const

class FileRing implements KeyRing {
  sequence: number
  readonly #files: KeyFiles
  readonly #parts: KeyRingParts
  #keys: readonly Entry[] = []
  #queue: Promise<unknown> = Promise.resolve()

  constructor(files: KeyFiles, parts: KeyRingParts, sequence: number) {
    this.#files = files
    this.#parts = parts
    this.sequence = sequence
  }

  get signing(): readonly Entry<Identity>[] {
    return this.#keys.filter((entry): entry is Entry<Identity> => entry.pair.kind === 'ed25519')
  }

  get encryption(): readonly Entry<BoxKeyPair>[] {
    return this.#keys.filter((entry): entry is Entry<BoxKeyPair> => entry.pair.kind === 'x25519')
  }

  async load(kept: readonly KeptKey[], passphrase: Uint8Array | undefined): Promise<void> {
    const found: Entry[] = []
    let isOther = false
    for (const { name, kind, publicKey, made, state } of kept) {
      const pair = await this.#files.read(name, kind, passphrase)
      if (pair === undefined) continue
      const isSame = publicKey === '' || publicKey === toHex(pair.publicKey)
      isOther ||= !isSame
      found.push({ name, pair, made: isSame ? made : this.#parts.now(), state: isSame ? state : 'active' })
    }
    this.#keys = found
    for (const kind of ['ed25519', 'x25519'] as const) {
      if (found.some(({ pair, state }) => pair.kind === kind && state === 'active')) continue
      this.#keys = [...this.#keys, await this.#make(kind, passphrase)]
      isOther = true
    }
    if (isOther && kept.some(({ publicKey }) => publicKey !== '')) this.sequence++
    await this.#write()
  }

  add(): Promise<void> {
    return this.#inTurn(async () => {
      for (const [what, keys] of [
        ['active signing keys', this.signing],
        ['active encryption keys', this.encryption],
      ] as const) {
        const found = keys.filter(({ state }) => state === 'active').length
        if (found >= limits.bundleKeysMax) throw fail('ERR_TEAM_LIMIT', { found, what, limit: limits.bundleKeysMax })
      }
      const passphrase = await this.#files.passphraseAgain()
      try {
        const made = [await this.#make('ed25519', passphrase), await this.#make('x25519', passphrase)]
        this.#keys = [...this.#keys, ...made]
      } finally {
        passphrase?.fill(0)
      }
      this.sequence++
      await this.#write()
    })
  }

  countBeyond(sequence: number): Promise<void> {
    return this.#inTurn(async () => {
      if (this.sequence > sequence) return
      this.sequence = sequence + 1
      await this.#write()
    })
  }

  retire(publicKey: Uint8Array, as: 'rotated' | 'compromised'): Promise<boolean> {
    return this.#inTurn(async () => {
      const entry = this.#keys.find(({ pair }) => equalBytes(pair.publicKey, publicKey))
      if (entry?.state !== 'active') return false
      const active = this.#keys.filter(({ pair, state }) => pair.kind === entry.pair.kind && state === 'active')
      if (active.length === 1) throw fail('ERR_TEAM_LAST_KEY', { what: 'this device' })
      this.#keys = this.#keys.map((other) => (other === entry ? { ...entry, state: as } : other))
      this.sequence++
      await this.#write()
      return true
    })
  }

  async #make(kind: KeyPair['kind'], passphrase: Uint8Array | undefined): Promise<Entry> {
    const { random, now } = this.#parts
    const pair = kind === 'ed25519' ? generateIdentity(random) : generateBoxKey(random)
    const first = firstNames[kind]
    const isFirst = (await this.#files.text(`${first}.key`)) === undefined
    const name = isFirst ? first : `${first}-${toHex(pair.publicKey).slice(0, 8)}`
    await this.#files.write(name, pair, passphrase)
    return { name, pair, made: now(), state: 'active' }
  }

  async #write(): Promise<void> {
    const keys = this.#keys.map(({ name, pair, made, state }) => ({
      name,
      kind: pair.kind,
      publicKey: toHex(pair.publicKey),
      made: new Date(made).toISOString(),
      state,
    }))
    const text = `${JSON.stringify({ version: 1, sequence: this.sequence, keys }, null, 2)}\n`
    const path = `${this.#files.directory}/${ringName}`
    if ((await this.#files.text(ringName)) === text) return
    await writeFileAtomic(path, text, { mode: 0o600, overwrite: true })
  }

  #inTurn<T>(run: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(run)
    this.#queue = result.catch(() => undefined)
    return result
  }
}

interface KeptKey {
  readonly name: string
  readonly kind: KeyPair['kind']
  /** Hex; empty where the ring is not written yet. */
  readonly publicKey: string
  readonly made: number
  readonly state: KeyState
}

function firstKeys(now: number): KeptKey[] {
  return (['ed25519', 'x25519'] as const).map((kind) => ({
    name: firstNames[kind],
    kind,
    publicKey: '',
    made: now,
    state: 'active',
  }))
}

function readRing(text: string | undefined, path: string): { sequence: number; keys: KeptKey[] } | undefined {
  if (text === undefined) return undefined
  const ring = parseJson(text, { what: path })
  if (!isJsonObject(ring) || ring['version'] !== 1 || !isSequence(ring['sequence'])) throw badRing(path)
  const { sequence, keys } = ring
  if (!Array.isArray(keys)) throw badRing(path)
  return { sequence, keys: keys.map((key) => readKey(key, path)) }
}

function readKey(key: JsonValue, path: string): KeptKey {
  if (!isJsonObject(key)) throw badRing(path)
  const { name, kind, publicKey, made, state } = key
  const isNamed = typeof name === 'string' && /^(?:signing|encryption)(?:-[0-9a-f]{8})?$/.test(name)
  const isKey = typeof publicKey === 'string' && /^[0-9a-f]{64}$/.test(publicKey)
  const at = typeof made === 'string' ? Date.parse(made) : NaN
  if (!isNamed || !isKey || Number.isNaN(at)) throw badRing(path)
  if ((kind !== 'ed25519' && kind !== 'x25519') || !isState(state)) throw badRing(path)
  return { name, kind, publicKey, made: at, state }
}

function isState(value: JsonValue | undefined): value is KeyState {
  return value === 'active' || value === 'rotated' || value === 'compromised'
}

function isSequence(value: JsonValue | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

function badRing(path: string): Error {
  return fail('ERR_KEYS_FILE', { path, why: 'it is no list of device keys' })
}
