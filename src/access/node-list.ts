import { asHyraxError, fail, labels, limits } from '../base/index.ts'
import { multiaddrText, parseJson, parseListEntry, printable, toHex, utf8, type JsonValue } from '../codec/index.ts'
import { labelledHash } from '../keys/index.ts'
import type { PointCheck } from '../settings/index.ts'
import type { ListFacts } from './gate.ts'

/** Which of the three files of `FORMATS.md` 7. */
export type ListKind = 'permissioned' | 'disallowed' | 'static'

/** File name in the data directory. */
export const listFiles: Readonly<Record<ListKind, string>> = {
  permissioned: 'permissioned-nodes.json',
  disallowed: 'disallowed-nodes.json',
  static: 'static-nodes.json',
}

/** One entry that counts. */
export interface NodeListEntry {
  readonly index: number
  /** As it stands in the file. */
  readonly text: string
  readonly peer: string
  /** Multiaddr with `/p2p/…`, where the entry names a place. */
  readonly address?: string
}

/** What a list file came to. Never throws at a reader: what cannot be read says so in `state` and `why`. */
export interface NodeList extends ListFacts {
  readonly kind: ListKind
  readonly entries: readonly NodeListEntry[]
  /** Every text of the file in its order, also those that count for nothing. */
  readonly texts: readonly string[]
  /** Entries that count for nothing, each with its reason. */
  readonly skipped: readonly { readonly index: number; readonly text: string; readonly why: string }[]
  readonly notices: readonly string[]
}

/**
 * Reads the text of a node list; undefined: there is no such file. One comma before the closing bracket is accepted.
 * A bad entry is skipped with its reason, but in `disallowed` it makes the list unreadable: a ban that cannot be read
 * cannot be kept.
 */
export function parseNodeList(keys: PointCheck, kind: ListKind, text: string | undefined): NodeList {
  if (text === undefined) return emptyList(kind, 'missing')
  const notices: string[] = []
  try {
    return readEntries(keys, kind, readTexts(kind, text, notices), notices)
  } catch (thrown) {
    const { code, data, message } = asHyraxError(thrown)
    const why = String(data['why'] ?? message)
    return unreadableList(kind, code === 'ERR_CODEC_JSON' ? `it is not acceptable JSON: ${why}` : why)
  }
}

/** A list that could not be read at all, for instance because of its owner or mode. */
export function unreadableList(kind: ListKind, why: string): NodeList {
  return { ...emptyList(kind, 'unreadable'), why }
}

/** The text of a list file: two-space JSON array, LF, no trailing comma, order kept. */
export function printNodeList(entries: readonly string[]): string {
  return `${JSON.stringify(entries, null, 2)}\n`
}

/** SHA-256 over the sorted PeerIds, in hex: equal on nodes whose lists admit the same peers; null where unreadable. */
export function listDigest(list: ListFacts): string | null {
  if (list.state === 'unreadable') return null
  // PeerIds are ASCII: the order of code units is the order of bytes.
  return toHex(labelledHash(labels.listDigest, utf8([...list.peers].sort().join('\n'))))
}

/** The entries of a list as texts, after an entry was put on it (once per peer) or peers were taken off. */
export function withEntry(
  keys: PointCheck,
  list: NodeList,
  text: string,
): { texts: string[]; peer: string; added: boolean } {
  const entry = readEntry(keys, list.kind, text, 0)
  if ('why' in entry) throw asHyraxError(entry.error)
  if (list.peers.has(entry.peer)) return { texts: [...list.texts], peer: entry.peer, added: false }
  return { texts: [...list.texts, text.trim()], peer: entry.peer, added: true }
}

/** The entries left when every entry of this peer is taken off. Skipped entries stay: they are the operator's notes. */
export function withoutPeer(list: NodeList, peer: string): { texts: string[]; removed: boolean } {
  const gone = new Set(list.entries.filter((entry) => entry.peer === peer).map((entry) => entry.index))
  return { texts: list.texts.filter((_, index) => !gone.has(index)), removed: gone.size > 0 }
}

function emptyList(kind: ListKind, state: 'missing' | 'unreadable'): NodeList {
  return { kind, state, peers: new Set(), entries: [], texts: [], skipped: [], notices: [] }
}

function readTexts(kind: ListKind, text: string, notices: string[]): string[] {
  const what = listFiles[kind]
  const value: JsonValue = parseJson(text, {
    what,
    bytesMax: limits.nodeListBytesMax,
    onTrailingComma: () => notices.push(`${what}: the comma before the closing ] was ignored.`),
  })
  if (!Array.isArray(value)) throw unreadable(what, 'it is no JSON array of strings')
  if (value.length > limits.nodeListEntriesMax) throw unreadable(what, `more than ${limits.nodeListEntriesMax} entries`)
  return value.map((item) => {
    if (typeof item !== 'string') throw unreadable(what, 'it is no JSON array of strings')
    return item
  })
}

function unreadable(path: string, why: string) {
  return fail('ERR_ACCESS_LIST', { path, why })
}

function readEntries(keys: PointCheck, kind: ListKind, texts: readonly string[], notices: readonly string[]): NodeList {
  const entries: NodeListEntry[] = []
  const skipped: { index: number; text: string; why: string }[] = []
  for (const [index, text] of texts.entries()) {
    if (text.trim() === '') continue
    const entry = readEntry(keys, kind, text, index)
    if ('peer' in entry) entries.push(entry)
    else skipped.push({ index, text: entry.text, why: entry.why })
  }
  const [first] = skipped
  if (kind === 'disallowed' && first !== undefined) {
    return unreadableList(kind, `entry ${first.index} cannot be read: ${first.why}`)
  }
  return { kind, state: 'read', peers: new Set(entries.map(({ peer }) => peer)), entries, texts, skipped, notices }
}

function readEntry(keys: PointCheck, kind: ListKind, text: string, index: number) {
  try {
    const { pk, peer, address } = parseListEntry(text)
    if (!keys.isValidPoint(pk)) throw fail('ERR_KEYS_POINT')
    if (kind === 'static' && address === undefined) {
      throw fail('ERR_INVALID_INPUT', { what: 'an entry of static-nodes.json needs an address that can be dialled' })
    }
    return { index, text, peer, ...(address === undefined ? {} : { address: multiaddrText(address) }) }
  } catch (thrown) {
    const error = asHyraxError(thrown)
    return { index, text: printable(text, 200), why: error.message, error }
  }
}
