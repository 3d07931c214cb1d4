import { fail, limits } from '../base/index.ts'
import { parseId, parseNodeAddress, parseSwarmKey, printable, utf8 } from '../codec/index.ts'
import { isPublishedSwarmKey } from '../keys/index.ts'
import {
  authorizedKeyEntry,
  parseAuthorizedKey,
  readAdminKey,
  whyBad,
  type AuthorizedKey,
  type PointCheck,
} from './authorized-key.ts'
import { parseCidr } from './cidr.ts'
import type { SettingRow, SettingValue } from './schema.ts'
import type { Problem } from './validation.ts'

/** What a check needs to know beside the value. */
export interface CheckFacts {
  readonly keys: PointCheck
  /** The node's own PeerId: it must not administer itself. */
  readonly ownPeer?: string | undefined
  /** True for 32 bytes that are a private key in the local key folder: somebody pasted a secret. */
  readonly isLocalSecret?: ((bytes: Uint8Array) => boolean) | undefined
  /** `--allow-published-swarm-key`. */
  readonly allowPublishedSwarmKey?: boolean | undefined
}

/** The value as it is kept, and what is wrong with it (nothing, or it is not kept). */
export interface Checked {
  readonly value: SettingValue
  readonly problems: readonly Omit<Problem, 'pointer'>[]
}

/**
 * Does what a JSON Schema cannot say. The value has passed the schema. Authorized keys fail with
 * `ERR_SETTINGS_INVALID_AT_SCOPE` under the scope as typed, or `ERR_KEYS_SECRET`; all else comes back as problems.
 */
export function checkValue(row: SettingRow, value: SettingValue, facts: CheckFacts, scope: string): Checked {
  if (row.check === undefined) return good(value)
  switch (row.check) {
    case 'name':
      return checkName(value as string)
    case 'addressesWithPeer':
      return checkEach(value as string[], (text) => multiaddrProblem(text, true))
    case 'addressesWithoutPeer':
      return checkEach(value as string[], (text) => multiaddrProblem(text, false))
    case 'ranges':
      return checkEach(value as string[], rangeProblem)
    case 'team':
      return problemWhere(value, () => parseId('team', value as string))
    case 'authorizedKeys':
      return good(readAuthorizedKeys(value as SettingValue[], facts, scope).map(authorizedKeyEntry) as SettingValue)
    case 'swarmKey':
      return checkSwarmKey(value as string, facts)
  }
}

/** Every entry decoded. Fails with `ERR_SETTINGS_INVALID_AT_SCOPE`, naming index and cause, at the first bad one. */
export function readAuthorizedKeys(
  entries: readonly SettingValue[],
  facts: CheckFacts,
  scope: string,
): AuthorizedKey[] {
  const seen = new Set<string>()
  return entries.map((entry, index) => {
    const key = readEntry(facts.keys, entry, index, entries.length, scope)
    const bad = (why: string) => entryError(scope, index, entries.length, entry, why)
    if (seen.has(key.peer)) throw bad('the same key stands there twice')
    if (key.peer === facts.ownPeer) throw bad("it is the node's own key")
    if (facts.isLocalSecret?.(readAdminKey(facts.keys, key.key)) === true) throw fail('ERR_KEYS_SECRET')
    seen.add(key.peer)
    return key
  })
}

function readEntry(keys: PointCheck, entry: SettingValue, index: number, count: number, scope: string): AuthorizedKey {
  try {
    return parseAuthorizedKey(keys, entry)
  } catch (thrown) {
    const { code, why } = whyBad(thrown)
    throw entryError(scope, index, count, entry, `${why} [${code}]`, code)
  }
}

function entryError(scope: string, index: number, count: number, entry: SettingValue, why: string, cause?: string) {
  const shown = typeof entry === 'string' ? printable(entry, 80) : 'map'
  return fail('ERR_SETTINGS_INVALID_AT_SCOPE', {
    scope,
    what: `entry ${index} of ${count} ("${shown}"): ${why}`,
    // A text that is a key was not a shell's doing.
    hint: cause === undefined ? 'Remove this entry.' : shellHint,
    index,
    cause: cause ?? 'ERR_INVALID_INPUT',
  })
}

/** Said wherever a value for authorized keys is no list of keys: shells take `[…]` for a pattern. */
export const shellHint =
  "your shell may have expanded [...]; quote it with '...' or use `ax keys authorize KEY`. Two keys need a comma."

function checkSwarmKey(text: string, facts: CheckFacts): Checked {
  if (/^<(un)?set\b/.test(text)) {
    return bad('This is what the swarm key is shown as, not the key. Give the key itself, from a file')
  }
  return problemWhere(text, () => {
    const key = parseSwarmKey(text)
    if (isPublishedSwarmKey(key) && facts.allowPublishedSwarmKey !== true) throw fail('ERR_SWARM_KEY_PUBLIC')
  })
}

function checkName(text: string): Checked {
  const bytes = utf8(text).length
  if (bytes > limits.helloNameBytesMax) return bad(`At most ${limits.helloNameBytesMax} bytes`)
  return /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(text) ? bad('Only printable characters') : good(text)
}

function checkEach(list: readonly string[], problemIn: (text: string) => string | undefined): Checked {
  const problems = list.flatMap((text, index) => {
    const detail = problemIn(text)
    return detail === undefined ? [] : [{ title: `Format is wrong at ${index}`, detail }]
  })
  return { value: [...list], problems }
}

/** The family's words, and the reason where it is another one. */
function multiaddrProblem(text: string, withPeer: boolean): string | undefined {
  if (text === '' || text === '/') return 'Empty multiaddr.'
  if (!text.startsWith('/')) return 'Expected a multiaddr such as /ip4/192.0.2.7/tcp/4001'
  let peer: string | undefined
  try {
    const address = parseNodeAddress(text)
    if (address.kind !== 'tcp') return 'Expected a TCP multiaddr'
    peer = address.peer
  } catch (thrown) {
    return whyBad(thrown).why
  }
  if (withPeer && peer === undefined) return 'Expected multiaddr with peer id.'
  return !withPeer && peer !== undefined ? 'Expected multiaddr without peer id.' : undefined
}

function problemWhere(value: SettingValue, read: () => unknown): Checked {
  const detail = messageOf(read)
  return detail === undefined ? good(value) : bad(detail)
}

function messageOf(read: () => unknown): string | undefined {
  try {
    read()
    return undefined
  } catch (thrown) {
    return whyBad(thrown).why
  }
}

function rangeProblem(text: string): string | undefined {
  return parseCidr(text) === undefined ? 'Expected a canonical range such as 10.0.0.0/8' : undefined
}

function good(value: SettingValue): Checked {
  return { value, problems: [] }
}

function bad(detail: string): Checked {
  return { value: null, problems: [{ title: 'Format is wrong', detail }] }
}
