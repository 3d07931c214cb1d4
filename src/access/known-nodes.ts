import { fail, limits } from '../base/index.ts'
import { knownAddress, parseNodeAddress, parsePeerId, peerIdText, printable, utf8 } from '../codec/index.ts'

/** The identity that an address showed when somebody said yes to it (`FORMATS.md` 3). */
export interface KnownNode {
  /** Canonical `host:port`, `[v6]:port`, or the real path of a socket. */
  readonly address: string
  readonly peer: string
  /** RFC 3339, UTC, whole seconds. */
  readonly since: string
  readonly comment?: string
}

/** A line of the file: a node, an identity that is refused everywhere, or a comment kept as it stands. */
export type KnownLine =
  | ({ readonly kind: 'node' } & KnownNode)
  | ({ readonly kind: 'revoked' } & Omit<KnownNode, 'address'>)
  | { readonly kind: 'note'; readonly text: string }

/** The file, line by line. A new one for every change. */
export interface KnownNodes {
  readonly path: string
  readonly lines: readonly KnownLine[]
}

/** What the book says of an identity at an address. `line` counts from 1. */
export type KnownVerdict =
  | { readonly kind: 'known' }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'changed'; readonly known: readonly (KnownNode & { readonly line: number })[] }
  | { readonly kind: 'revoked'; readonly line: number }

/**
 * Reads the file; undefined: there is none yet. Every line must be as we would write it: one that is not could hide
 * what somebody meant, so it fails with `ERR_ACCESS_KNOWN_NODES`, and nothing is contacted.
 */
export function parseKnownNodes(text: string | undefined, path: string): KnownNodes {
  if (text === undefined || text === '') return { path, lines: [] }
  const bad = (why: string) => fail('ERR_ACCESS_KNOWN_NODES', { path, why })
  if (utf8(text).length > limits.knownNodesBytesMax) throw bad(`it is larger than ${limits.knownNodesBytesMax} bytes`)
  const texts = text.replace(/\r?\n$/, '').split(/\r?\n/)
  if (texts.length > limits.knownNodesLinesMax) throw bad(`it has more than ${limits.knownNodesLinesMax} lines`)
  return { path, lines: texts.map((line, index) => readLine(line, (why) => bad(`line ${index + 1}: ${why}`))) }
}

/** The text of the file. */
export function printKnownNodes(book: KnownNodes): string {
  return book.lines.map((line) => `${printLine(line)}\n`).join('')
}

/** A revoked identity is refused wherever it answers; of several lines for one address any that fits will do. */
export function judgeKnown(book: KnownNodes, address: string, peer: string): KnownVerdict {
  const revoked = book.lines.findIndex((line) => line.kind === 'revoked' && line.peer === peer)
  if (revoked >= 0) return { kind: 'revoked', line: revoked + 1 }
  const known = book.lines.flatMap((line, index) =>
    line.kind === 'node' && line.address === address ? [{ ...line, line: index + 1 }] : [],
  )
  if (known.some((line) => line.peer === peer)) return { kind: 'known' }
  return known.length === 0 ? { kind: 'unknown' } : { kind: 'changed', known }
}

/** With one node more; the same book where it stands there already. Fails with `ERR_INVALID_INPUT`. */
export function addKnown(book: KnownNodes, node: KnownNode): KnownNodes {
  const stands = book.lines.some(
    (line) => line.kind === 'node' && line.address === node.address && line.peer === node.peer,
  )
  return stands ? book : { ...book, lines: [...book.lines, checkedLine({ kind: 'node', ...node })] }
}

/** With this identity in place of all others of its address; those stay as comments. */
export function replaceKnown(book: KnownNodes, node: KnownNode): KnownNodes {
  const lines = book.lines.map((line): KnownLine => {
    const isOther = line.kind === 'node' && line.address === node.address && line.peer !== node.peer
    return isOther ? { kind: 'note', text: `# until ${node.since}: ${printLine(line)}` } : line
  })
  return addKnown({ ...book, lines }, node)
}

/** Without the lines of an address. */
export function forgetKnown(book: KnownNodes, address: string): { book: KnownNodes; removed: number } {
  const lines = book.lines.filter((line) => line.kind !== 'node' || line.address !== address)
  return { book: { ...book, lines }, removed: book.lines.length - lines.length }
}

/** With an identity refused at every address. */
export function revokeKnown(book: KnownNodes, revoked: Omit<KnownNode, 'address'>): KnownNodes {
  const stands = book.lines.some((line) => line.kind === 'revoked' && line.peer === revoked.peer)
  return stands ? book : { ...book, lines: [...book.lines, checkedLine({ kind: 'revoked', ...revoked })] }
}

/** RFC 3339 in UTC with whole seconds, of milliseconds since 1970. */
export function sinceText(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z')
}

function readLine(text: string, bad: (why: string) => Error): KnownLine {
  if (text === '' || text.startsWith('#')) return { kind: 'note', text }
  const [first = '', peer = '', since = '', ...rest] = text.split(' ')
  const comment = rest.length === 0 ? {} : { comment: rest.join(' ') }
  const line: KnownLine =
    first === 'revoked'
      ? { kind: 'revoked', peer, since, ...comment }
      : { kind: 'node', address: first, peer, since, ...comment }
  const why = whyNot(line)
  if (why !== undefined) throw bad(why)
  return line
}

function checkedLine(line: KnownLine): KnownLine {
  const why = whyNot(line)
  if (why !== undefined) throw fail('ERR_INVALID_INPUT', { what: why })
  return line
}

function whyNot(line: KnownLine): string | undefined {
  if (line.kind === 'note') return undefined
  if (line.kind === 'node' && !isCanonicalAddress(line.address)) {
    return `"${printable(line.address, 80)}" is not a canonical address`
  }
  if (!isPeerId(line.peer)) return `"${printable(line.peer, 80)}" is not a PeerId`
  if (!isSince(line.since)) return `"${printable(line.since, 40)}" is not a time such as 2026-11-02T10:00:00Z`
  return line.comment === undefined || isComment(line.comment) ? undefined : 'its comment is not printable, or too long'
}

function isCanonicalAddress(text: string): boolean {
  // A socket is named by its path, not by a multiaddr.
  if (text.startsWith('/')) return /^(\/[^/\s\p{C}]+)+$/u.test(text) && !/\/\.{1,2}(\/|$)/.test(text)
  try {
    return knownAddress(parseNodeAddress(text)) === text
  } catch {
    return false
  }
}

function isPeerId(text: string): boolean {
  try {
    return peerIdText(parsePeerId(text)) === text
  } catch {
    return false
  }
}

function isSince(text: string): boolean {
  const ms = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/.test(text) ? Date.parse(text) : Number.NaN
  return !Number.isNaN(ms) && sinceText(ms) === text
}

function isComment(text: string): boolean {
  return text !== '' && !/[\p{C}\p{Zl}\p{Zp}]/u.test(text) && utf8(text).length <= limits.commentBytesMax
}

function printLine(line: KnownLine): string {
  if (line.kind === 'note') return line.text
  const words = line.kind === 'node' ? [line.address] : ['revoked']
  return [...words, line.peer, line.since, ...(line.comment === undefined ? [] : [line.comment])].join(' ')
}
