import { asHyraxError, doorRoles, fail, limits, type DoorRole, type ErrorCode } from '../base/index.ts'
import { axKeyText, parseOpenSshLine, parsePublicIdentity, peerIdText, printable, utf8 } from '../codec/index.ts'
import type { Keys } from '../keys/index.ts'
import { parseCidr, type Cidr } from './cidr.ts'

/** One key that may administer the node (`FORMATS.md` 4), decoded. */
export interface AuthorizedKey {
  /** 1.1: `0` and 44 characters of base64. */
  readonly key: string
  /** The same identity as a PeerId. */
  readonly peer: string
  readonly role: DoorRole
  readonly comment?: string
  /** RFC 3339 with offset, as written; not valid from that second on. */
  readonly expires?: string
  /** The same in milliseconds since 1970. */
  readonly expiresAt?: number
  /** Ranges of source addresses; absent: any. */
  readonly from?: readonly Cidr[]
  /** True where `from` holds the word `unix`. */
  readonly fromUnix?: boolean
}

/** The form in settings: the seed's bare string, or an object with options. */
export type AuthorizedKeyEntry = string | AuthorizedKeyOptions
export interface AuthorizedKeyOptions {
  readonly key: string
  readonly comment?: string
  readonly expires?: string
  readonly from?: readonly string[]
  readonly role?: string
}

/** Says whether 32 bytes are a point that Hyrax accepts. */
export type PointCheck = Pick<Keys, 'isValidPoint'>

const optionNames = ['key', 'comment', 'expires', 'from', 'role']
const nkeyLetters = ['N', 'U']

/**
 * Reads one entry. Fails with the codes of key texts (`ERR_KEYS_…`, `ERR_CODEC_TEXT`) or `ERR_INVALID_INPUT` for an
 * option that is none.
 */
export function parseAuthorizedKey(keys: PointCheck, entry: unknown): AuthorizedKey {
  const options = typeof entry === 'string' ? { key: entry } : optionsOf(entry)
  const publicKey = readAdminKey(keys, options.key)
  const { role = 'admin', comment, expires, from } = options
  if (!isDoorRole(role))
    throw fail('ERR_INVALID_INPUT', { what: `role "${printable(role, 40)}" is none of admin, editor, reader` })
  if (comment !== undefined) checkComment(comment)
  return {
    key: axKeyText(publicKey),
    peer: peerIdText(publicKey),
    role,
    ...(comment === undefined ? {} : { comment }),
    ...(expires === undefined ? {} : { expires, expiresAt: parseExpiry(expires) }),
    ...(from === undefined ? {} : parseFrom(from)),
  }
}

/** The entry as settings keep it: the bare string where there are no options, which are otherwise never dropped. */
export function authorizedKeyEntry(key: AuthorizedKey): AuthorizedKeyEntry {
  const options = {
    ...(key.role === 'admin' ? {} : { role: key.role }),
    ...(key.comment === undefined ? {} : { comment: key.comment }),
    ...(key.expires === undefined ? {} : { expires: key.expires }),
    ...(key.from === undefined
      ? {}
      : { from: [...(key.fromUnix === true ? ['unix'] : []), ...key.from.map(rangeText)] }),
  }
  return Object.keys(options).length === 0 ? key.key : { key: key.key, ...options }
}

/**
 * Reads `[from="10.0.0.0/8,…",expires="…",role=reader ]KEY[ comment]` with OpenSSH's quoting, or an OpenSSH public
 * key line. Fails with `ERR_INVALID_INPUT` or the codes of key texts.
 */
export function parseAuthorizedKeyLine(line: string): AuthorizedKeyOptions {
  const text = line.trim()
  const split =
    /^[a-z][a-z-]*(=|,|\s+0)/.test(text) && !text.startsWith('ssh-') ? splitOptions(text) : { options: {}, rest: text }
  const { key, comment } = splitKey(split.rest)
  return { key, ...(comment === '' ? {} : { comment }), ...split.options }
}

function splitKey(text: string): { key: string; comment: string } {
  const words = text.split(/\s+/)
  const [first = '', second = ''] = words
  if (!first.startsWith('ssh-')) return { key: first, comment: text.slice(first.length).trim() }
  return { key: `${first} ${second}`, comment: words.slice(2).join(' ') }
}

function splitOptions(text: string): { options: Omit<AuthorizedKeyOptions, 'key'>; rest: string } {
  const options: Record<string, string> = Object.create(null) as Record<string, string>
  const pattern = /([a-z-]+)=(?:"((?:[^"\\]|\\["\\])*)"|([^\s,"]*))(,|\s+)/y
  for (let separator = ','; separator === ',';) {
    const match = pattern.exec(text)
    const [, name = '', quoted, plain = '', end = ''] = match ?? []
    if (match === null || !['from', 'expires', 'role'].includes(name)) {
      throw fail('ERR_INVALID_INPUT', { what: 'options before a key are from="…", expires="…" and role=…' })
    }
    if (name in options) throw fail('ERR_INVALID_INPUT', { what: `option ${name} stands twice` })
    options[name] = quoted === undefined ? plain : quoted.replace(/\\(["\\])/g, '$1')
    separator = end
    if (separator !== ',') return { options: typedOptions(options), rest: text.slice(pattern.lastIndex) }
  }
  throw fail('ERR_INVALID_INPUT', { what: 'no key stands after the options' })
}

function typedOptions({ from, expires, role }: Record<string, string>): Omit<AuthorizedKeyOptions, 'key'> {
  return {
    ...(from === undefined ? {} : { from: from.split(',') }),
    ...(expires === undefined ? {} : { expires }),
    ...(role === undefined ? {} : { role }),
  }
}

/** The message of a failure with its code, for a text that names the entry. */
export function whyBad(thrown: unknown): { code: ErrorCode; why: string } {
  const error = asHyraxError(thrown)
  return { code: error.code, why: error.message }
}

/** Milliseconds since 1970 of RFC 3339 with offset. Fails with `ERR_INVALID_INPUT`. */
function parseExpiry(text: string): number {
  const form = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/
  const ms = form.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isNaN(ms) || !dayExists(text)) {
    throw fail('ERR_INVALID_INPUT', {
      what: `"${printable(text, 40)}" is no time with offset, such as 2027-01-31T12:00:00Z`,
    })
  }
  return ms
}

/** Date.parse rolls the 31st of February over into March. */
function dayExists(text: string): boolean {
  const day = Number(text.slice(8, 10))
  return new Date(Date.parse(`${text.slice(0, 10)}T00:00:00Z`)).getUTCDate() === day
}

/** The 32 bytes of an admin's public key in any form that is read, the point checked. */
export function readAdminKey(keys: PointCheck, text: string): Uint8Array {
  const publicKey = text.startsWith('ssh-') ? parseOpenSshLine(text).pk : parsePublicIdentity(text).pk
  // An nkey of a module or an account is an identity too, but none that sits at a keyboard.
  if (/^[A-Z2-7]{56}$/.test(text) && !nkeyLetters.includes(text.slice(0, 1))) {
    throw fail('ERR_KEYS_KIND', { found: text.slice(0, 1), expected: 'U or N' })
  }
  if (!keys.isValidPoint(publicKey)) throw fail('ERR_KEYS_POINT')
  return publicKey
}

function parseFrom(from: readonly string[]): { from: readonly Cidr[]; fromUnix: boolean } {
  if (from.length === 0 || from.length > limits.authorizedFromMax) {
    throw fail('ERR_INVALID_INPUT', { what: `from holds 1 to ${limits.authorizedFromMax} ranges` })
  }
  const ranges = from
    .filter((text) => text !== 'unix')
    .map((text) => {
      const cidr = parseCidr(text)
      if (cidr === undefined) {
        throw fail('ERR_INVALID_INPUT', { what: `"${printable(text, 80)}" is no canonical range such as 10.0.0.0/8` })
      }
      return cidr
    })
  return { from: ranges, fromUnix: ranges.length < from.length }
}

function checkComment(comment: string): void {
  const printableOnly = /^[^\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]*$/u.test(comment)
  const tooLong = utf8(comment).length > limits.commentBytesMax
  if (!printableOnly || tooLong) {
    throw fail('ERR_INVALID_INPUT', { what: `a comment is printable and at most ${limits.commentBytesMax} bytes` })
  }
}

function optionsOf(entry: unknown): AuthorizedKeyOptions {
  const isMap = typeof entry === 'object' && entry !== null && !Array.isArray(entry)
  const unknown = isMap ? Object.keys(entry).find((name) => !optionNames.includes(name)) : undefined
  if (!isMap || unknown !== undefined || !hasOptionTypes(entry as Record<string, unknown>)) {
    const what =
      unknown === undefined
        ? 'an entry is a key, or a map with key and options'
        : `no option "${printable(unknown, 40)}"`
    throw fail('ERR_INVALID_INPUT', { what })
  }
  return entry as AuthorizedKeyOptions
}

function hasOptionTypes({ key, comment, expires, from, role }: Record<string, unknown>): boolean {
  const isText = (value: unknown): boolean => typeof value === 'string'
  const isTextOrAbsent = (value: unknown): boolean => value === undefined || isText(value)
  const isTextList = Array.isArray(from) && from.every(isText)
  return isText(key) && [comment, expires, role].every(isTextOrAbsent) && (from === undefined || isTextList)
}

function rangeText(cidr: Cidr): string {
  return cidr.text
}

function isDoorRole(role: string): role is DoorRole {
  return Object.hasOwn(doorRoles, role)
}
